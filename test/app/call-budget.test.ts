import { describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { names } from '../../lib/app/names.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const minute = 60_000;

/** A firewall that is called so often a minute, over a channel that takes one address a call unless another is named. */
async function worldWith(callsPerMinute: number, channel = 'one-by-one'): Promise<World> {
  const base = group('web');
  const world = new World([{ ...base, publish: base.publish.map((target) => ({ ...target, channel })) }]);
  world.configuration.firewalls['edge']!.callsPerMinute = callsPerMinute;
  await world.activate();
  await world.hello('agent-process-1');
  return world;
}

/** Most calls in any 60 seconds. */
function busiestMinute(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map((end) => times.filter((time) => time > end - minute && time <= end).length),
  );
}

async function add(world: World, from: number, count: number): Promise<void> {
  const changes = Array.from({ length: count }, (_, i) =>
    world.upsertChange(
      pod(`p${from + i}`, `10.${1 + ((from + i) >> 16)}.${((from + i) >> 8) & 255}.${(from + i) & 255}`, web),
    ),
  );
  for (let i = 0; i < changes.length; i += 100) await world.send(...changes.slice(i, i + 100));
}

describe('a firewall with few calls a minute', () => {
  test('gets everything, and never more calls than the budget in a minute', async () => {
    const world = await worldWith(20);
    await add(world, 0, 100);
    await world.settle(60);
    expect(world.on('web')).toHaveLength(100);
    expect(busiestMinute(world.device.times)).toBeLessThanOrEqual(20);
    expect(busiestMinute(world.device.times)).toBeGreaterThanOrEqual(15);
  });

  test('is no failure: it says so, with an estimate', async () => {
    const world = await worldWith(20);
    await add(world, 0, 100);
    await world.settle(1);
    const [edge] = (await readStatus(world)).firewalls;
    expect(edge).toMatchObject({
      health: 'short of calls',
      failures: 0,
      callsPerMinute: 20,
      behindSince: expect.any(Number),
    });
    expect(edge!.catchUpMinutes).toBe(Math.ceil(edge!.dirty / 20));
    await world.clock.sleep(minute);
    await sweep(world.ports, world.configurations);
    expect(world.telemetry.valuesOf('BudgetWaitSeconds').at(-1)).toBeGreaterThanOrEqual(60);
    await world.settle(60);
    expect((await readStatus(world)).firewalls[0]).toMatchObject({
      health: 'in step',
      budgetSince: undefined,
    });
  });

  test('loses dead addresses first', async () => {
    const world = await worldWith(30);
    await add(world, 0, 10);
    await world.settle(30);
    await world.clock.sleep(2 * minute);
    const calls = world.device.calls.length;
    await add(world, 100, 60);
    for (let i = 0; i < 8; i++) await world.send(world.removeChange(`p${i}`));
    await world.settle(30);
    const order = world.device.calls
      .slice(calls)
      .map(({ name }) => name)
      .filter((name) => name === 'add' || name === 'remove');
    expect(order).toHaveLength(68);
    // All of them are among what the first minute carries.
    expect(order.slice(0, 30).filter((name) => name === 'remove')).toHaveLength(8);
    expect(world.on('web')).toHaveLength(62);
  });

  test('changes that come meanwhile join the larger calls of a channel that can', async () => {
    const world = await worldWith(10, 'list');
    for (let i = 0; i < 60; i++) {
      await add(world, i, 1);
      await world.clock.sleep(1_000);
      await world.settle(1);
    }
    await world.settle(60);
    expect(world.on('web')).toHaveLength(60);
    expect(busiestMinute(world.device.times)).toBeLessThanOrEqual(10);
    expect(world.device.applies().length).toBeLessThanOrEqual(20);
  });

  test('a comparison comes last, and shares the budget', async () => {
    const world = await worldWith(20);
    await add(world, 0, 5);
    await world.settle(20);
    await world.reconcile();
    await add(world, 100, 100);
    world.queues.take(names.reconcileQueue('test', 'lan'));
    await world.settle(1);
    await world.clock.sleep(minute);
    await world.reconcile();
    expect((await readStatus(world)).firewalls[0]!.comparison?.error).toContain('firewall/budget-used');
    await world.settle(60);
    await world.reconcile();
    expect((await readStatus(world)).firewalls[0]!.comparison?.error).toBe('');
    expect(busiestMinute(world.device.times)).toBeLessThanOrEqual(20);
  });

  test('a firewall that is always short is compared once an hour all the same', async () => {
    const world = await worldWith(20);
    await add(world, 0, 100);
    await world.settle(1);
    await world.clock.sleep(61 * minute);
    await world.reconcile();
    expect((await readStatus(world)).firewalls[0]!.comparison?.error).toBe('');
  });
});

test('two entries of one device share its calls, and the one with little to do does not wait for the other', async () => {
  const both = ['web', 'shop'].map((name) => {
    const base = group(name);
    const firewall = name === 'web' ? 'edge' : 'second';
    return { ...base, publish: base.publish.map((to) => ({ ...to, channel: 'one-by-one', firewall })) };
  });
  const world = new World(both);
  const sibling = world.addSibling('second');
  for (const entry of Object.values(world.configuration.firewalls)) entry.callsPerMinute = 20;
  await world.activate();
  await world.hello('agent-process-1');
  const shop = (at: number) => world.upsertChange(pod(`s${at}`, `10.9.0.${at}`, { app: 'shop' }));

  await add(world, 0, 100);
  await world.settle(1);
  expect(world.device.times.length).toBeGreaterThanOrEqual(15);
  const begin = world.clock.now();
  await world.send(shop(1));
  await world.settle(1);
  expect(sibling.members('obj-shop')).toEqual(['10.9.0.1']);
  expect(sibling.times[0]! - begin).toBeLessThan(5_000);

  for (let at = 2; at <= 60; at++) await world.send(shop(at));
  await world.settle(90);
  expect(world.on('web')).toHaveLength(100);
  expect(sibling.members('obj-shop')).toHaveLength(60);
  // A minute may hold what one called before the other began, and its equal part.
  const times = [...world.device.times, ...sibling.times].toSorted((a, b) => a - b);
  expect(busiestMinute(times)).toBeLessThanOrEqual(30);
  expect(times.length / ((times.at(-1)! - times[0]!) / minute)).toBeLessThanOrEqual(21);
});

test('an hour of downtime with 10,000 changes is caught up by the net difference, in one minute and within the budget', {
  timeout: 120_000,
}, async () => {
  const world = await worldWith(60, 'list');
  await add(world, 0, 500);
  await world.settle();
  await world.clock.sleep(2 * minute);
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/unreachable', 'down');
  };
  // 2,000 pods come, and nearly all of them go again: 10,000 records, 700 addresses of difference.
  let changes = 0;
  for (let round = 0; round < 3; round++) {
    await add(world, 1_000, 2_000);
    changes += 2_000;
    const gone = Array.from({ length: round === 2 ? 1_300 : 2_000 }, (_, i) =>
      world.removeChange(`p${1_000 + i}`),
    );
    for (let i = 0; i < gone.length; i += 100) await world.send(...gone.slice(i, i + 100));
    changes += gone.length;
    await world.settle(2);
    await world.clock.sleep(20 * minute);
  }
  expect(changes).toBeGreaterThanOrEqual(10_000);
  world.device.fault = undefined;
  world.device.calls = [];
  world.device.times = [];
  const back = world.clock.now();
  await sweep(world.ports, world.configurations);
  await world.settle();
  expect(world.on('web')).toHaveLength(1_200);
  const sent = world.device
    .applies()
    .flat()
    .map(({ add: added, remove }) => added.length + remove.length);
  expect(sent.reduce((sum, count) => sum + count, 0)).toBe(700);
  expect(world.device.calls.filter(({ name }) => name === 'observeMembers')).toHaveLength(1);
  expect(world.device.calls.length).toBeLessThanOrEqual(20);
  expect(world.clock.now() - back).toBeLessThanOrEqual(minute);
  expect(busiestMinute(world.device.times)).toBeLessThanOrEqual(60);
});
