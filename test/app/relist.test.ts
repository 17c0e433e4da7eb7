import { expect, onTestFinished, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { WatchedCluster } from '../support/watched-cluster.ts';
import { group, World } from '../support/world.ts';

async function watched(pods: number): Promise<WatchedCluster> {
  const cluster = new WatchedCluster(await World.start([group('web')]));
  onTestFinished(() => cluster.stop());
  for (let i = 0; i < pods; i++) cluster.objects.put('pod', cluster.pod(`p${i}`, `10.1.0.${i}`));
  await cluster.start();
  await cluster.pass(1);
  return cluster;
}

async function foundLate({ world }: WatchedCluster): Promise<number> {
  const [one] = (await readStatus(world)).clusters;
  return one?.foundLate.count ?? 0;
}

test('the hub counts exactly what a watch did not tell and a new listing found', async () => {
  const cluster = await watched(30);
  const { objects, world } = cluster;
  const before = await foundLate(cluster);
  // Nobody tells of these.
  objects.put('pod', cluster.pod('new', '10.9.0.1'));
  objects.put('pod', cluster.pod('p1', '10.1.0.1', 'other'));
  for (const uid of ['p2', 'p3']) objects.objects.pod.delete(uid);
  objects.watches.pod?.end('gone');
  await cluster.pass(1);
  expect((await foundLate(cluster)) - before).toBe(4);
  expect(world.on('web')).toHaveLength(28);
  const told = world.telemetry.metrics.filter(({ name }) => name === 'EndpointsFoundLate');
  expect(told.reduce((sum, { value }) => sum + value, 0) - before).toBe(4);
});

test('a new listing that finds nothing new counts nothing, and one that fails tells nothing', async () => {
  const cluster = await watched(30);
  const before = await foundLate(cluster);
  cluster.objects.watches.pod?.end('gone');
  await cluster.pass(1);
  const sent = cluster.bus.changes().length;
  cluster.objects.pageSize = 10;
  cluster.objects.onList = (kind, next) => {
    if (kind === 'pod' && next === '20') throw new Error('the last page is lost');
  };
  cluster.objects.watches.pod?.end('gone');
  await cluster.pass(3);
  expect(cluster.bus.changes()).toHaveLength(sent);
  expect(cluster.world.on('web')).toHaveLength(30);
  expect(await foundLate(cluster)).toBe(before);
});
