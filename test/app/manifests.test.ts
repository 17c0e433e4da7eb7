import { describe, expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { type EndpointRecord, endpointId, shardOf } from '../../lib/core/model/endpoint.ts';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const a = pod('a', '10.1.0.1', web);
const cluster = '111122223333|eu-central-1|one';

/** What an agent says of the shard of `a`: these records, and perhaps another count. */
async function manifest(
  world: World,
  records: readonly EndpointRecord[],
  { count = records.length, cut = world.sequence + 1 } = {},
): Promise<void> {
  const entries = records.map((record) => [endpointId(record), contentHash(record)]);
  const shard = { shard: shardOf(endpointId(a)), cut, count, entries };
  await world.event('manifest', { epoch: world.epoch, manifests: [shard] });
  await world.settle();
}

async function verified(world: World): Promise<number> {
  const [item] = await world.tables.read([clusterKey(cluster)]);
  return readCluster(item).verifiedShards.size;
}

describe('a shard manifest', () => {
  test('that is complete removes what it does not name, and verifies the shard', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await manifest(world, []);
    expect(world.tables.all('memberships')).toEqual([]);
    expect(await verified(world)).toBe(1);
  });

  test('that lost entries removes nothing and verifies nothing', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await manifest(world, [], { count: 1 });
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(await verified(world)).toBe(0);
  });

  test('that was cut before an endpoint changed does not differ by it', async () => {
    const world = await World.start([group('web')]);
    world.sequence = 5;
    await world.upsert(pod('a', '10.1.0.1', { app: 'web', tier: 'gold' }));
    await manifest(world, [a], { cut: 4 });
    expect(await verified(world)).toBe(1);
  });

  test('that names what the hub lacks removes nothing and verifies nothing, and is asked for again', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    let uid = 0;
    while (shardOf(`pod|other-${uid}`) !== shardOf('pod|a')) uid += 1;
    await manifest(world, [pod(`other-${uid}`, '10.1.0.2', web)]);
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(await verified(world)).toBe(0);
    expect(world.told).toContainEqual(
      expect.objectContaining({ type: 'resend', shards: [shardOf('pod|a')] }),
    );
  });
});

test('pods on the network of their host do not take its address from each other', async () => {
  const nodes = group('nodes', { addresses: 'node', select: "app in {'a', 'b'}" });
  const world = await World.start([nodes, group('only-a', { addresses: 'node', select: "app == 'a'" })]);
  await world.upsert(pod('a', '10.0.0.1', { app: 'a' }, { hostNetwork: true }));
  await world.upsert(pod('b', '10.0.0.1', { app: 'b' }, { hostNetwork: true }));
  expect([world.on('nodes'), world.on('only-a')]).toEqual([['10.0.0.1'], ['10.0.0.1']]);
});
