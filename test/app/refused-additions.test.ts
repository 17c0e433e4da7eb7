import { expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { objectKey } from '../../lib/app/state/ledger.ts';
import { raiseFence } from '../../lib/app/state/writers.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

const [first, second] = ['10.1.0.1', '10.1.0.2'];

/** One pod, in a part of the cluster that was compared. */
async function withOne(): Promise<World> {
  const world = await World.start([group('web')]);
  const old = pod('old', first, web);
  await world.upsert(old);
  const shard = { shard: shardOf('pod|old'), cut: world.sequence + 1, count: 1 };
  const manifests = [{ ...shard, entries: [['pod|old', contentHash(old)]] }];
  await world.event('manifest', { epoch: world.epoch, manifests });
  return world;
}

/** One pod goes and another one comes while nobody watches, and both are told at once. */
async function replaced(isFull: boolean): Promise<World> {
  const world = await withOne();
  if (isFull) world.device.refuse.set(second, new ZonebridgeError('firewall/table-full', 'full'));
  await world.send(
    world.upsertChange(pod('new', second, web), 'relist'),
    world.removeChange('old', 'relist'),
  );
  await world.settle();
  return world;
}

test('what nobody saw leave stays until what comes in its place is there', async () => {
  const world = await replaced(true);
  expect(world.on('web')).toEqual([first]);
  await world.reconcile();
  expect(world.on('web')).toEqual([first]);
  world.device.refuse.clear();
  await world.reconcile();
  expect(world.on('web')).toEqual([second]);
});

test('and goes right after it, without a comparison or a person', async () => {
  const world = await replaced(false);
  expect(world.on('web')).toEqual([second]);
  expect(world.tables.all('dirty')).toEqual([]);
});

test('an address that is there although its addition is held counts, and leaves with its endpoint', async () => {
  const world = await World.start([group('web', { maxMembers: 1 })]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1']);
  world.device.objects.get('obj-web')?.members.add('10.1.0.2');
  await world.reconcile();
  await world.remove('b');
  expect(world.on('web')).toEqual(['10.1.0.1']);
});

test('so does one that a person took off and put there again', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.upsert(pod('b', '10.1.0.2', web));
  const members = world.device.objects.get('obj-web')?.members;
  members?.delete('10.1.0.2');
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.1']);
  members?.add('10.1.0.2');
  await world.reconcile();
  await world.remove('b');
  expect(world.on('web')).toEqual(['10.1.0.1']);
});

test.each([
  ['dies', () => Promise.reject(new ZonebridgeError('store/unavailable', 'the function died'))],
  [
    'is interrupted by an order',
    async (world: World) => {
      world.tables.beforeCall = undefined;
      const fence = await raiseFence(world.tables, world.writerKey);
      await world.tables.write({ key: objectKey('edge', 'web'), update: { set: { fence } } });
    },
  ],
])('a run that %s while it writes down what was refused lets no group be emptied', async (_, happens) => {
  let times = 0;
  for (let at = 1; at < 20; at++) {
    const world = await withOne();
    const others = ['10.1.0.2', '10.1.0.3', '10.1.0.4'];
    for (const one of others)
      world.device.refuse.set(one, new ZonebridgeError('firewall/table-full', 'full'));
    await world.send(...others.map((one) => world.upsertChange(pod(one, one, web))));
    let [called, calls] = [false, 0];
    world.device.beforeCall = (name) => {
      called ||= name === 'apply';
    };
    world.tables.beforeCall = async () => {
      if (called && ++calls >= at) await happens(world);
    };
    await world.wakeUp().catch(() => undefined);
    world.tables.beforeCall = undefined;
    if (calls >= at) times += 1;
    await world.clock.advance(120_000);
    await world.send(world.removeChange('old', 'relist'));
    await world.settle();
    expect(world.on('web'), `at call ${at}`).toEqual([first]);
  }
  expect(times).toBeGreaterThan(2);
});
