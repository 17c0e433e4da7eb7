import { expect, test } from 'vitest';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { listHeld } from '../../lib/app/commands/approve.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { manifestsOf } from '../support/manifests.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const pods = [pod('a', '10.1.0.1', web), pod('b', '10.1.0.2', web), pod('c', '10.1.0.3', web)];
const hours = 60;

async function worldWith(
  onSilence: 'keep' | { expireAfterHours: number; bypassBrakes: boolean },
): Promise<World> {
  const world = await World.start([group('web', { onSilence }), group('db')]);
  for (const record of pods) await world.upsert(record);
  await world.upsert(pod('d', '10.1.0.9', { app: 'db' }));
  await manifests(world);
  world.told.length = 0;
  return world;
}

/** What an agent sends after its first listing, as far as the hub has rows. */
async function manifests(world: World): Promise<void> {
  const records = [...pods, pod('d', '10.1.0.9', { app: 'db' })];
  const all = manifestsOf(records, world.sequence);
  await world.event('manifest', { epoch: world.epoch, manifests: all });
}

/** Minutes go by, with a sweep in each. */
async function minutes(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.clock.sleep(60_000);
    await sweep(world.ports, world.configurations);
    await world.settle();
  }
}

async function heartbeat(world: World): Promise<void> {
  const process = 'agent-process-1';
  await world.event('heartbeat', {
    epoch: world.epoch,
    process,
    endpoints: 4,
    pending: 0,
    sequence: world.sequence,
  });
}

test('kept by default, whatever the silence', async () => {
  const world = await worldWith('keep');
  await minutes(world, 3 * hours);
  expect([world.on('web').length, world.on('db').length]).toEqual([3, 1]);
});

test('expires after its hours, in its own group alone, and comes back with the agent', async () => {
  const world = await worldWith({ expireAfterHours: 2, bypassBrakes: true });
  await minutes(world, 2 * hours);
  expect(world.on('web')).toHaveLength(3);
  await minutes(world, 65);
  expect([world.on('web'), world.on('db')]).toEqual([[], ['10.1.0.9']]);
  // A new configuration meanwhile does not bring it back.
  await world.apply(Object.values(world.configuration.groups));
  expect(world.on('web')).toEqual([]);
  await heartbeat(world);
  await minutes(world, 1);
  const asked = world.told.flatMap((message) => (message as { shards?: number[] }).shards ?? []);
  expect(asked).toEqual(expect.arrayContaining(pods.map(({ uid }) => shardOf(`pod|${uid}`))));
  await world.send(...pods.slice(0, 2).map((record) => world.upsertChange(record, 'relist')));
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('a request that the agent never got is made again', async () => {
  const world = await worldWith({ expireAfterHours: 1, bypassBrakes: true });
  await minutes(world, 2 * hours + 5);
  await heartbeat(world);
  await minutes(world, 1);
  world.told.length = 0;
  for (let i = 0; i < 55; i++) {
    await heartbeat(world);
    await minutes(world, 1);
  }
  const asked = world.told.flatMap((message) => (message as { shards?: number[] }).shards ?? []);
  expect(asked).toEqual(expect.arrayContaining(pods.map(({ uid }) => shardOf(`pod|${uid}`))));
});

test('the manifests of a new agent bring it back, too: no expired row counts as equal', async () => {
  const world = await worldWith({ expireAfterHours: 1, bypassBrakes: true });
  await minutes(world, 2 * hours + 5);
  expect(world.on('web')).toEqual([]);
  await world.hello('agent-process-2');
  await manifests(world);
  await world.settle();
  expect(world.told).toContainEqual(expect.objectContaining({ type: 'resend', epoch: 2 }));
});

test('without bypass the brakes hold it for a person', async () => {
  const world = await worldWith({ expireAfterHours: 1, bypassBrakes: false });
  await minutes(world, 2 * hours + 5);
  expect(world.on('web').length).toBeGreaterThan(0);
  const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
  expect(JSON.stringify(held)).toContain('empties');
});

test('a hub that stood still takes nothing off', async () => {
  const world = await worldWith({ expireAfterHours: 2, bypassBrakes: true });
  await minutes(world, 10);
  await world.clock.sleep(48 * 3_600_000);
  await minutes(world, 60);
  expect(world.on('web')).toHaveLength(3);
});

test('sweeping a silent cluster costs one note more when something may expire', async () => {
  const cost = async (onSilence: Parameters<typeof worldWith>[0]): Promise<number> => {
    const world = await worldWith(onSilence);
    await minutes(world, 3 * hours);
    world.tables.resetUsage();
    await minutes(world, 1);
    return world.tables.usage.calls;
  };
  const expiring = await cost({ expireAfterHours: 1, bypassBrakes: true });
  expect(expiring - (await cost('keep'))).toBeLessThanOrEqual(1);
});
