import { expect, test } from 'vitest';
import { sweepShard } from '../../lib/app/sweep/sweep-shard.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const hourMs = 3_600_000;

async function sweepFor(world: World, uid: string): Promise<void> {
  const active = await world.configurations.active();
  for (const cluster of active.clusters.values())
    await sweepShard(world.ports, active, {
      cluster,
      shard: shardOf(`pod|${uid}`),
      verified: true,
      expired: [],
    });
}

function owners(world: World): string[] {
  const keys = world.tables.all('control').map(({ key }) => key.pk);
  return keys.filter((key) => key.startsWith('owner|'));
}

/** A pod that has come, whatever else happens, and the day after its removal. */
async function aDayAfter(happens: (world: World) => Promise<void>): Promise<World> {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await happens(world);
  await world.remove('a');
  await world.clock.advance(25 * hourMs);
  await sweepFor(world, 'a');
  return world;
}

test('a tombstone and its claim go after a day, not before', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.remove('a');
  await world.clock.advance(23 * hourMs);
  await sweepFor(world, 'a');
  expect([world.tables.all('endpoints').length, owners(world)]).toEqual([1, ['owner|default|10.1.0.1']]);
  await world.clock.advance(2 * hourMs);
  await sweepFor(world, 'a');
  expect([world.tables.all('endpoints').length, owners(world)]).toEqual([0, []]);
});

test('a pod that ended before it was removed leaves no claim behind', async () => {
  const world = await aDayAfter((world) => world.upsert(pod('a', [], web)));
  expect([world.tables.all('endpoints').length, owners(world)]).toEqual([0, []]);
});

test('a pod that is removed twice leaves no claim behind', async () => {
  const world = await aDayAfter((world) => world.remove('a'));
  expect([world.tables.all('endpoints').length, owners(world)]).toEqual([0, []]);
});

test('a claim that another pod has taken over stays with it', async () => {
  const world = await aDayAfter((world) => world.upsert(pod('b', '10.1.0.1', web)));
  expect(owners(world)).toEqual(['owner|default|10.1.0.1']);
  expect(world.on('web')).toEqual(['10.1.0.1']);
});
