import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/app/configuration/load.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

/** Configurations that would get past the brakes in parts. */
let world: OperatorWorld;

beforeEach(async () => {
  world = await OperatorWorld.start({});
  world.storeToken();
});

afterEach(() => world.stop());

type Groups = Parameters<OperatorWorld['write']>[0];

async function apply(groups: Groups): Promise<number> {
  await world.write(groups);
  const { code } = await world.run(['apply', '--yes']);
  await world.work();
  return code;
}

/** Pods of an application, ten of each number `n`. */
function pods(app: string, count: number, net: string, labels: Record<string, string> = {}) {
  return Array.from({ length: count }, (_, i) =>
    pod(`${app}-${i}`, `${net}.${i + 1}`, { app, n: String(Math.floor(i / 10)), ...labels }),
  );
}

const anHour = () => world.clock.sleep(3_600_000);
const without = (...numbers: number[]): string =>
  ['web', ...numbers].map((n) => (n === 'web' ? "app == 'web'" : `n != '${n}'`)).join(' && ');

describe('one apply after the other', () => {
  test('lose no more in a window than one may', async () => {
    await apply({ web: pushed('web') });
    await world.tell(...pods('web', 40, '10.1.0'));
    await anHour();
    expect(await apply({ web: pushed('web', { select: without(0) }) })).toBe(0);
    expect(await apply({ web: pushed('web', { select: without(0, 1) }) })).toBe(3);
    expect(world.members('web')).toHaveLength(30);
    await anHour();
    expect(await apply({ web: pushed('web', { select: without(0, 1), owner: 'shop@example.com' }) })).toBe(0);
    expect(world.members('web')).toHaveLength(20);
  });

  test('gain no more in a window than one may', async () => {
    await apply({ web: pushed('web', { select: without(1, 2) }) });
    await world.tell(...pods('web', 30, '10.1.0'));
    await anHour();
    expect(await apply({ web: pushed('web', { select: without(2) }) })).toBe(0);
    expect(await apply({ web: pushed('web') })).toBe(3);
    expect(world.members('web')).toHaveLength(20);
  });

  test('grow on what the first fill brought', async () => {
    await world.write({ other: pushed('other') });
    await world.run(['apply', '--yes']);
    await world.tell(...pods('web', 40, '10.1.0'));
    await apply({ other: pushed('other'), web: pushed('web', { select: without(3) }) });
    expect(world.members('web')).toHaveLength(30);
    expect(await apply({ other: pushed('other'), web: pushed('web') })).toBe(0);
    expect(world.members('web')).toHaveLength(40);
  });

  test('do not fill a group anew that was there, while nobody can look at its firewall', async () => {
    await apply({ web: pushed('web') });
    const [only, ...others] = pods('web', 30, '10.1.0');
    await world.tell(only!);
    await world.tell({ ...only!, addresses: [] });
    await apply({ other: pushed('other') });
    world.simulator.faults.add({ kind: 'drop' });
    await apply({ web: pushed('web', { select: "app == 'nobody'" }) });
    await world.tell(...others);
    await anHour();
    await apply({ web: pushed('web') });
    world.simulator.faults.remove();
    await anHour();
    await world.run(['reconcile', 'edge']);
    await world.work();
    expect(world.members('web')).toEqual([]);
  });

  test('lose no more of the firewall in a window than its brake lets go, in one group each', async () => {
    const names = ['a', 'b', 'c'];
    const groups = (gone: number): Groups =>
      Object.fromEntries(
        names.map((name, index) => [
          name,
          pushed(name, index < gone ? { select: `app == '${name}' && keep == 'yes'` } : {}),
        ]),
      );
    await apply(groups(0));
    await world.tell(
      ...names.flatMap((app, index) => [
        ...pods(app, 6, `10.1.${index}`),
        pod(`${app}-kept`, `10.1.${index}.99`, { app, keep: 'yes' }),
      ]),
    );
    await anHour();
    expect(await apply(groups(1))).toBe(0);
    expect(await apply(groups(2))).toBe(3);
    expect(names.map((name) => world.members(name).length)).toEqual([1, 7, 7]);
  });
});

describe('one apply', () => {
  test('does not change all members for others for which there is no room', async () => {
    await apply({ web: pushed('web') });
    await world.tell(...pods('web', 30, '10.1.0'), ...pods('other', 30, '10.1.1'));
    await anHour();
    expect(await apply({ web: pushed('other', { maxMembers: 1 }) })).toBe(3);
    expect(world.members('web')).toHaveLength(30);
  });

  test('changes all members for others that fit', async () => {
    await apply({ web: pushed('web') });
    await world.tell(...pods('web', 30, '10.1.0'), ...pods('other', 30, '10.1.1'));
    await anHour();
    expect(await apply({ web: pushed('other', { maxMembers: 30 }) })).toBe(0);
    expect(world.members('web')).toHaveLength(30);
    expect(world.members('web').every((address) => address.startsWith('10.1.1.'))).toBe(true);
  });

  test('takes of one group what its own brake lets go', async () => {
    const brakes = { shrink: { minimum: 25 } };
    await apply({ web: pushed('web', { brakes }) });
    await world.tell(...pods('web', 40, '10.1.0'));
    await anHour();
    expect(await apply({ web: pushed('web', { brakes, select: without(0, 1) }) })).toBe(0);
    expect(world.members('web')).toHaveLength(20);
  });

  test('takes no more of the firewall than its brake lets go, in many small groups', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const groups = (more: string): Groups =>
      Object.fromEntries(names.map((name) => [name, pushed(name, { select: `app == '${name}'${more}` })]));
    await apply(groups(''));
    await world.tell(
      ...names.flatMap((app, index) => [
        ...pods(app, 9, `10.1.${index}`),
        pod(`${app}-kept`, `10.1.${index}.99`, { app, keep: 'yes' }),
      ]),
    );
    await anHour();
    await world.write(groups(" && keep == 'yes'"));
    const planned = await world.run(['plan']);
    expect([planned.code, planned.stdout]).toEqual([3, expect.stringContaining('would lose 54 members')]);
    expect(await apply(groups(" && keep == 'yes'"))).toBe(3);
    expect(names.map((name) => world.members(name).length)).toEqual([10, 10, 10, 10, 10, 10]);
  });
});

describe('an object that a group leaves', () => {
  const kept = () => {
    const [object] = world.simulator.device.vdom('root').feeds.names();
    return [
      { firewall: 'edge', channel: 'push', create: 'own', mode: 'sync', onForeignAdd: 'remove', object },
    ];
  };

  beforeEach(async () => {
    await apply({ web: pushed('web') });
    await world.tell(...pods('web', 30, '10.1.0'));
    await anHour();
  });

  test.each([
    ['at once', false],
    ['later', true],
  ])("is kept by no other group, for which its members would be somebody else's: %s", async (_, later) => {
    const other = { other: pushed('web', { select: without(0, 1), publish: kept() }) };
    if (later) expect(await apply({ third: pushed('third') })).toBe(0);
    await world.write(other);
    for (const command of [['plan'], ['apply', '--yes']]) {
      const { code, stderr } = await world.run(command);
      expect([code, stderr]).toEqual([2, expect.stringContaining('configuration/object-taken')]);
    }
    await world.run(['reconcile', 'edge']);
    await world.work();
    expect(world.members('web')).toHaveLength(30);
  });

  test('is free when it was retired', async () => {
    const publish = kept();
    await apply({ third: pushed('third') });
    await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG1']);
    expect(world.simulator.device.vdom('root').feeds.names()).toEqual([]);
    expect(await apply({ other: pushed('web', { publish }) })).toBe(0);
    expect(world.members('web')).toHaveLength(30);
  });

  test('is not taken off during a freeze', async () => {
    const period = { from: '2020-01-01T00:00', to: '2199-01-01T00:00', zone: 'UTC', reason: 'year end' };
    const third = { third: pushed('third') };
    await world.write(third, {}, { approvals: { secondPerson: false, freeze: [period] } });
    await world.run(['apply', '--yes']);
    const retire = ['retire', 'web', '--delete', '--yes', '--ticket', 'CHG1'];
    const { code, stdout } = await world.run(retire);
    expect([code, stdout]).toEqual([3, expect.stringMatching(/left in place: .*until 2199.*year end/)]);
    expect(world.members('web')).toHaveLength(30);
    await apply(third);
    expect(await world.run(retire)).toMatchObject({ code: 0 });
    expect(world.simulator.device.vdom('root').feeds.names()).toEqual([]);
  });

  test('is not taken off with the group when another keeps it all the same', async () => {
    const publish = kept();
    await apply({ third: pushed('third') });
    await world.write({ other: pushed('web', { publish }) });
    const { configurations, ports } = world.operator;
    const file = join(world.folder, 'zonebridge.yaml');
    const { configuration } = await loadConfiguration(file, { modules: ports.firewalls });
    await configurations.activate(configuration, {
      previous: 2,
      author: 'an earlier version',
      now: ports.clock.now(),
    });
    const { code, stdout } = await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG1']);
    expect([code, stdout]).toEqual([3, expect.stringContaining('is kept for the group other now')]);
    expect(world.members('web')).toHaveLength(30);
  });
});
