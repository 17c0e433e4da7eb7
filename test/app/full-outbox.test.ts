import { beforeEach, expect, test } from 'vitest';
import { pauseWrites } from '../../lib/app/commands/pause.ts';
import { approveHeld, listHeld } from '../../lib/app/commands/approve.ts';
import { restoreAll } from '../../lib/app/commands/restore.ts';
import { announceDone } from '../../lib/app/state/announcements.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { BusEvent } from '../../lib/core/ports.ts';
import { group, pod, World } from '../support/world.ts';

let world: World;
let told: { type: string; detail: Record<string, unknown> }[];
let busDown: boolean;

const bus = {
  put: async (events: readonly BusEvent[]): Promise<void> => {
    if (busDown) throw new Error('the bus does not answer');
    for (const { type, detail } of events)
      told.push({ type, detail: JSON.parse(detail) as Record<string, unknown> });
  },
};

const toldOf = (type: string) => told.filter((one) => one.type === type).map(({ detail }) => detail);

async function sweepNow(): Promise<void> {
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations, bus);
  await world.settle();
}

/** As many announcements of 20 KB as anybody cares to leave while the bus does not answer. */
async function leaveMany(): Promise<void> {
  const changes = Array.from({ length: 200 }, (_, i) => ({ address: `10.9.0.${i}`, text: 'x'.repeat(60) }));
  for (let i = 0; i < 30; i++) {
    const one = { id: `filler-${i}`, type: 'approved', at: world.clock.now(), detail: { changes } } as const;
    await announceDone(world.tables, one);
  }
}

beforeEach(async () => {
  told = [];
  busDown = false;
  world = new World([group('web')]);
  await world.activate();
  await world.hello('agent-process-1');
  for (let i = 0; i < 4; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, { app: 'web' }));
});

const mistake = () => world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });

test('what is held while no announcement finds room is told when the bus answers again, once', async () => {
  await leaveMany();
  await mistake();
  busDown = true;
  for (let i = 0; i < 10; i++) await expect(sweepNow()).rejects.toThrow('the bus does not answer');
  busDown = false;
  for (let i = 0; i < 3; i++) await sweepNow();
  expect(toldOf('change-held')).toMatchObject([{ group: 'web', count: 4 }]);
  expect(toldOf('approval-requested')).toMatchObject([{ group: 'web', count: 4 }]);
  const left = world.telemetry.lines.filter(({ message }) => message === 'announcements left out');
  expect(left).toHaveLength(1);
});

test('no order fails for it, and an approval is carried out', async () => {
  await mistake();
  await leaveMany();
  await pauseWrites(world.ports, world.configurations, {
    firewall: undefined,
    by: { name: 'o', principal: 'o' },
  });
  const active = await world.configurations.active();
  const held = await listHeld(world.ports, active, 'edge');
  const by = { name: 'other', principal: 'arn:aws:iam::111122223333:user/other' };
  const done = await approveHeld(world.ports, active, { firewall: 'edge', held, by });
  expect(done.decided).toHaveLength(4);
});

test('an announcement lists no more than others do, however much came back', async () => {
  const many = Array.from({ length: 250 }, (_, i) => i);
  for (const i of many)
    await world.upsert(pod(`q${i}`, `10.2.${Math.floor(i / 200)}.${(i % 200) + 1}`, { app: 'web' }));
  await world.settle();
  for (const i of many)
    world.device.objects.get('obj-web')?.members.delete(`10.2.${Math.floor(i / 200)}.${(i % 200) + 1}`);
  await world.reconcile();
  await world.settle();
  const active = await world.configurations.active();
  const restored = await restoreAll(world.ports, active, { firewall: 'edge', by: 'o' });
  expect(restored['web']).toHaveLength(250);
  await sweepNow();
  const [one] = toldOf('restored');
  expect(one).toMatchObject({ count: 250 });
  expect(one?.['addresses']).toHaveLength(200);
});
