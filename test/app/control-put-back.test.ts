import { expect, test } from 'vitest';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { readWriter, writerRow } from '../../lib/app/state/writers.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const id = '111122223333|eu-central-1|one';

/** Three agents and some runs later the table of control is put back to the time of the first. */
async function putBack(): Promise<World> {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.reconcile();
  await sweep(world.ports, world.configurations);
  const before = world.tables.store.backup('control');
  for (const process of ['agent-process-2', 'agent-process-3', 'agent-process-4']) {
    await world.clock.sleep(60_000);
    await world.hello(process);
    await world.upsert(pod('b', `10.1.0.${10 + world.epoch}`, web));
    await sweep(world.ports, world.configurations);
  }
  world.tables.store.restore('control', before);
  world.queues.take();
  return world;
}

const cluster = async (world: World) => readCluster((await world.tables.read([clusterKey(id)]))[0]);

test('epochs and fences go on above all that were given out since the backup', async () => {
  const world = await putBack();
  const fence = async () => readWriter((await world.tables.read([writerRow(world.writerKey)]))[0]).fence;
  const [epoch, before] = [world.epoch, await fence()];
  expect((await cluster(world)).epoch).toBeLessThan(epoch);
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  expect((await cluster(world)).epoch).toBeGreaterThan(epoch);
  expect((await cluster(world)).verifiedShards.size).toBe(0);
  expect(await fence()).toBeGreaterThan(before + 1000);
  // Once is enough: the next sweep finds everything in order.
  const after = (await cluster(world)).epoch;
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  expect((await cluster(world)).epoch).toBe(after);
});

test('a sweep that died before its last write is no older control', async () => {
  const world = await World.start([group('web')]);
  await sweep(world.ports, world.configurations);
  const before = world.tables.store.backup('control');
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  const pulse = (rows: typeof before) => rows.filter(({ key }) => key.pk === '#pulse');
  const now = world.tables.store.backup('control').filter(({ key }) => key.pk !== '#pulse');
  world.tables.store.restore('control', [...now, ...pulse(before)]);
  const { epoch } = await cluster(world);
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  expect((await cluster(world)).epoch).toBe(epoch);
});

test('what the next agent tells of an endpoint is not taken for older than what is known', async () => {
  const world = await putBack();
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  await world.settle();
  await world.hello('agent-process-5');
  world.epoch = (await cluster(world)).epoch;
  await world.upsert(pod('b', '10.1.0.99', web));
  // What nobody has seen go stays until a digest of the new epoch has been compared.
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.14', '10.1.0.99']);
});

test('nothing leaves a firewall because of it', async () => {
  const world = await putBack();
  const before = world.on('web').sort();
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  await world.settle();
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(before);
});

test('a backup from before the first hello of an agent that says no other', async () => {
  const world = new World([group('web')]);
  await world.activate();
  await sweep(world.ports, world.configurations);
  const before = world.tables.store.backup('control');
  await world.hello('agent-process-1');
  await world.upsert(pod('a', '10.1.0.1', web));
  for (let minute = 0; minute < 2; minute++) {
    await world.clock.sleep(60_000);
    await sweep(world.ports, world.configurations);
  }
  world.tables.store.restore('control', before);
  await world.clock.sleep(60_000);
  await sweep(world.ports, world.configurations);
  world.told.length = 0;
  const counts = { endpoints: 1, pending: 0, sequence: 1 };
  const beat = { epoch: world.epoch, process: 'agent-process-1', ...counts };
  await world.event('heartbeat', beat).catch(() => undefined);
  await world.settle();
  const { epoch, process } = await cluster(world);
  expect(process).toBe('agent-process-1');
  expect(epoch).toBeGreaterThan(1_000);
  expect(world.told).toContainEqual(expect.objectContaining({ type: 'epoch', process, epoch }));
  // Another one that is still there is told whose epoch it is.
  await world.event('heartbeat', { ...beat, process: 'agent-process-0' }).catch(() => undefined);
  expect((await cluster(world)).process).toBe('agent-process-1');
});
