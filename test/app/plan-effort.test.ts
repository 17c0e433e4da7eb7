import { expect, test } from 'vitest';
import { planConfiguration } from '../../lib/app/commands/plan.ts';
import type { GroupTarget } from '../../lib/core/model/address-group.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

function target(more: Partial<GroupTarget>): GroupTarget {
  return { firewall: 'edge', channel: 'list', create: 'own', mode: 'sync', onForeignAdd: 'remove', ...more };
}

/** A hub that knows 300 pods, and groups that are to be applied first. */
async function planOf(targets: Record<string, GroupTarget>) {
  const world = await World.start([]);
  const pods = Array.from({ length: 300 }, (_, index) =>
    pod(`p${index}`, `10.1.${index >> 8}.${index & 255}`, web),
  );
  for (let from = 0; from < pods.length; from += 100)
    await world.send(...pods.slice(from, from + 100).map((one) => world.upsertChange(one)));
  const groups = Object.entries(targets).map(([name, one]) =>
    group(name, { select: "app == 'web'", publish: [one] }),
  );
  const [edge] = Object.values(world.configuration.firewalls);
  const configuration = {
    ...world.configuration,
    firewalls: { edge: { ...edge!, callsPerMinute: 100 } },
    groups: Object.fromEntries(groups.map((one) => [one.name, one])),
  };
  const [plan] = await planConfiguration(world.ports, world.configurations, configuration);
  return plan!;
}

test('a plan says what its first fill takes of the firewall, before it is applied', async () => {
  const plan = await planOf({ one: target({ channel: 'one-by-one' }), all: target({}) });
  expect(plan.groups.map(({ add }) => add.length)).toEqual([300, 300]);
  // 300 additions one by one, two objects made, one call of the list.
  expect(plan.effort).toEqual({ calls: 303, callsPerMinute: 100, minutes: 4 });
});

test('what is only shown takes nothing', async () => {
  const plan = await planOf({ one: target({ channel: 'one-by-one', mode: 'observe' }) });
  expect(plan.groups[0]?.add).toHaveLength(300);
  expect(plan.effort).toBeUndefined();
});
