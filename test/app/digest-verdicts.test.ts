import { describe, expect, test } from 'vitest';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { shardDigest } from '../../lib/core/model/shard-digest.ts';
import { clusterId } from '../support/watched-cluster.ts';
import { group, pod, World } from '../support/world.ts';

describe('a digest', () => {
  const a = pod('a', '10.1.0.1', { app: 'web' });
  const [count, hash] = Object.values(shardDigest([['pod|a', contentHash(a)]])) as [number, string];
  const told = [shardOf('pod|a'), count, hash];

  async function digest(world: World, more: Record<string, unknown> = {}): Promise<void> {
    const detail = { epoch: world.epoch, digest: 1, cut: world.sequence, shards: [told], ...more };
    await world.event('digest', detail);
    await world.settle();
  }

  async function verified(world: World): Promise<number> {
    const [item] = await world.tables.read([clusterKey(clusterId)]);
    return readCluster(item).verifiedShards.size;
  }

  test('verifies the shards that it names and are equal, and no other', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await digest(world);
    expect(await verified(world)).toBe(1);
    expect(world.told.slice(1)).toEqual([]);
  });

  test.each([
    ['another count', { shards: [[told[0], 2, hash]] }],
    ['another hash', { shards: [[told[0], 1, 'f'.repeat(16)]] }],
  ])('of %s verifies nothing and asks for the manifest', async (_, more) => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await digest(world, more);
    expect(await verified(world)).toBe(0);
    expect(world.told.at(-1)).toMatchObject({ type: 'manifests', shards: [told[0]] });
  });

  test('that was cut before the hub took something newer verifies nothing and asks for the manifest at once', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await world.upsert(pod('a', '10.1.0.1', { app: 'web', tier: 'gold' }));
    await digest(world, { cut: 1 });
    expect(await verified(world)).toBe(0);
    expect(world.told.at(-1)).toMatchObject({ type: 'manifests', shards: [told[0]] });
  });

  test('of half its text, of an old epoch or with a shard out of range verifies nothing', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    await digest(world, { shards: [[told[0], 1]] });
    await digest(world, { epoch: world.epoch + 1 });
    await digest(world, { shards: [told, [256, 0, hash]] });
    expect(await verified(world)).toBe(0);
  });

  test('of another version is passed over', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    const before = world.told.length;
    await digest(world, { digest: 2, shards: [[told[0], 9, hash]] });
    expect([await verified(world), world.told.length - before]).toEqual([0, 0]);
    expect(world.tables.all('control').filter(({ key }) => key.pk.startsWith('quarantine|'))).toEqual([]);
  });

  test('reads before a loss verifies nothing after it', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(a);
    world.tables.afterCall = async (name, call) => {
      if (name !== 'query' || !('query' in call) || call.query.table !== 'endpoints') return;
      world.tables.afterCall = undefined;
      await world.tables.write({
        key: clusterKey(clusterId),
        update: { add: { epoch: 1 }, remove: ['verified'] },
      });
    };
    await digest(world);
    expect(await verified(world)).toBe(0);
  });

  test('made before a loss and heard after it verifies nothing: what it does not name may have come since, and be lost', async () => {
    const world = await World.start([group('web')]);
    const empty = {
      cut: 0,
      shards: Array.from({ length: 256 }, (_, shard) => [shard, 0, shardDigest([]).hash]),
    };
    await world.upsert(a);
    await sweep(world.ports, world.configurations);
    world.tables.store.restore('endpoints');
    await sweep(world.ports, world.configurations);
    await digest(world, empty);
    expect(await verified(world)).toBe(0);
    expect(world.told.at(-1)).toMatchObject({
      type: 'epoch',
      process: expect.any(String),
      epoch: world.epoch + 1,
    });
  });
});
