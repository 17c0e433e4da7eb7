import { describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { tryAgain } from '../../lib/app/commands/check.ts';
import { names } from '../../lib/app/names.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { type ErrorCode, ZonebridgeError } from '../../lib/core/errors.ts';
import type { PaperFirewall } from '../support/paper-firewall.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const minute = 60_000;

function failWith(device: PaperFirewall, code: ErrorCode, fields: Record<string, number> = {}): void {
  device.fault = () => {
    throw new ZonebridgeError(code, 'test', { fields });
  };
}

function everywhere(name: string, ...firewalls: string[]): AddressGroup {
  const one = group(name);
  return {
    ...one,
    publish: firewalls.flatMap((firewall) => one.publish.map((target) => ({ ...target, firewall }))),
  };
}

/** Two firewalls under one writer key. */
async function siblings(): Promise<{ world: World; sibling: PaperFirewall }> {
  const world = new World([everywhere('web', 'edge', 'second')]);
  const sibling = world.addSibling('second');
  await world.activate();
  await world.hello('agent-process-1');
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.clock.sleep(2 * minute);
  return { world, sibling };
}

async function stateOf(world: World, firewall: string) {
  const { firewalls } = await readStatus(world);
  const found = firewalls.find((one) => one.firewall === firewall);
  if (!found) throw new Error(`no ${firewall}`);
  return found;
}

describe('firewalls that share a writer key', () => {
  test('one that refuses its credentials does not stop the other', async () => {
    const { world, sibling } = await siblings();
    failWith(sibling, 'firewall/credentials-rejected');
    sibling.calls = [];
    for (let i = 2; i < 6; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i}`, web));
    expect(world.on('web')).toHaveLength(5);
    expect(sibling.members('obj-web')).toEqual(['10.1.0.1']);
    expect(await stateOf(world, 'second')).toMatchObject({ health: 'circuit open', dirty: 4, failures: 1 });
    expect(await stateOf(world, 'edge')).toMatchObject({ health: 'in step', dirty: 0, failures: 0 });
    // One call, and then the firewall is left alone.
    expect(sibling.calls).toHaveLength(1);
    sibling.fault = undefined;
    await tryAgain(world.ports, { firewall: 'second', writerKey: world.writerKey, network: 'lan' });
    await world.settle();
    expect(sibling.members('obj-web')).toHaveLength(5);
    expect(await stateOf(world, 'second')).toMatchObject({ health: 'in step', dirty: 0 });
  });

  test('one that is down is tried again by a message of its own, and the other does not wait', async () => {
    const { world, sibling } = await siblings();
    failWith(sibling, 'firewall/unreachable');
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    const [first] = world.queues.take(names.wakeQueue('test', 'lan'));
    expect(first?.group).toBe(world.writerKey);
    await world.wakeUp();
    const retry = world.queues.take(names.wakeQueue('test', 'lan'));
    expect(retry.map(({ group: within }) => within)).toEqual([`${world.writerKey}#retry`]);
    expect(world.on('web')).toHaveLength(2);
    await world.queues.send(retry[0]!);
    await world.settle(3);
    sibling.fault = undefined;
    await world.queues.send(retry[0]!);
    await world.settle();
    expect(sibling.members('obj-web')).toHaveLength(2);
  });

  test('changes for the one that is left alone wake nobody', async () => {
    const { world, sibling } = await siblings();
    failWith(sibling, 'firewall/credentials-rejected');
    await world.upsert(pod('b', '10.1.0.2', web));
    world.configuration.groups = { only: everywhere('only', 'second') };
    await world.activate();
    await world.send(world.upsertChange(pod('c', '10.1.0.3', { app: 'only' })));
    await world.settle();
    let wakes = 0;
    for (let i = 4; i < 12; i++) {
      await world.send(world.upsertChange(pod(`p${i}`, `10.1.0.${i}`, { app: 'only' })));
      wakes += world.queues.take().length;
    }
    expect(wakes).toBeLessThanOrEqual(4);
  });
});

describe('a short trouble', () => {
  test.each([
    ['firewall/busy', {}],
    ['firewall/throttled', { retryAfterSeconds: 2 }],
  ] as const)('%s is over within the run', async (code, fields) => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    let failures = 2;
    world.device.fault = () => {
      if (failures-- > 0) throw new ZonebridgeError(code, 'test', { fields });
    };
    const begin = world.clock.now();
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    world.queues.take();
    await world.wakeUp();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(code === 'firewall/throttled' ? 4_000 : 600);
    expect(await stateOf(world, 'edge')).toMatchObject({ failures: 0, behindSince: undefined });
  });

  test('a pause that is asked for is kept, longer ones outside the run', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    failWith(world.device, 'firewall/throttled', { retryAfterSeconds: 40 });
    const now = world.clock.now();
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    await world.settle(1);
    expect(world.clock.now() - now).toBeGreaterThanOrEqual(40_000);
  });
});

describe('the circuit', () => {
  async function refused(): Promise<World> {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    failWith(world.device, 'firewall/credentials-rejected');
    world.device.calls = [];
    await world.upsert(pod('b', '10.1.0.2', web));
    expect(await stateOf(world, 'edge')).toMatchObject({ health: 'circuit open' });
    return world;
  }

  test('a credential that was rotated meanwhile does not open it', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    world.device.fault = () => {
      if (world.secrets.values.get(names.secret('test', 'edge')) !== 'rotated') {
        world.secrets.values.set(names.secret('test', 'edge'), 'rotated');
        throw new ZonebridgeError('firewall/credentials-rejected', '401');
      }
    };
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    world.queues.take();
    await world.wakeUp();
    expect(world.on('web')).toHaveLength(2);
    expect(await stateOf(world, 'edge')).toMatchObject({ failures: 0 });
  });

  test('nobody calls while it is open; then one question a quarter of an hour', async () => {
    const world = await refused();
    const calls = async (minutes: number): Promise<number> => {
      world.device.calls = [];
      for (let i = 0; i < minutes; i++) {
        await world.clock.sleep(minute);
        await world.send(world.upsertChange(pod(`n${i}`, `10.1.1.${i}`, web)));
        await sweep(world.ports, world.configurations);
        await world.settle();
      }
      return world.device.calls.length;
    };
    expect(await calls(14)).toBe(0);
    expect(await calls(30)).toBe(2);
    world.device.fault = undefined;
    await calls(16);
    expect(world.on('web')).toHaveLength(32);
    expect(await stateOf(world, 'edge')).toMatchObject({ health: 'in step', lastError: undefined });
  });

  test('a comparison does not call either, and says why', async () => {
    const world = await refused();
    world.device.calls = [];
    await world.reconcile();
    expect(world.device.calls).toEqual([]);
    expect((await stateOf(world, 'edge')).comparison?.error).toContain('firewall/circuit-open');
  });

  test('opens when a comparison meets the refusal first', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    failWith(world.device, 'firewall/credentials-rejected');
    world.device.calls = [];
    await world.reconcile();
    expect(await stateOf(world, 'edge')).toMatchObject({ health: 'circuit open', dirty: 0 });
    expect(world.device.calls).toHaveLength(2);
  });

  test('is shown as a figure', async () => {
    const world = await refused();
    await sweep(world.ports, world.configurations);
    expect(world.telemetry.valuesOf('CircuitOpen')).toEqual([1]);
  });
});

test('a firewall that was ill and has nothing to do any more is asked who it is before it counts as well', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  failWith(world.device, 'firewall/unreachable');
  await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
  await world.settle(2);
  for (const { key } of world.tables.all('dirty')) await world.tables.write({ key, delete: true });
  await world.clock.sleep(minute);
  await sweep(world.ports, world.configurations);
  await world.settle(2);
  expect(await stateOf(world, 'edge')).toMatchObject({ health: 'behind' });
  world.device.fault = undefined;
  await world.clock.sleep(minute);
  await sweep(world.ports, world.configurations);
  await world.settle();
  expect(await stateOf(world, 'edge')).toMatchObject({ health: 'in step' });
  expect(world.on('web')).toHaveLength(2);
});

test('a firewall that comes and goes is not compared each time', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  let comparisons = 0;
  for (let i = 0; i < 20; i++) {
    failWith(world.device, 'firewall/unreachable');
    await world.send(world.upsertChange(pod(`p${i}`, `10.1.1.${i}`, web)));
    world.queues.take();
    await world.wakeUp();
    world.device.fault = undefined;
    await world.clock.sleep(3_000);
    await world.wakeUp();
    comparisons += world.queues.take(names.reconcileQueue('test', 'lan')).length;
  }
  expect(world.on('web')).toHaveLength(21);
  expect(comparisons).toBeGreaterThan(0);
  expect(comparisons).toBeLessThanOrEqual(2);
});
