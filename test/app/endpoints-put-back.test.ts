import { expect, onTestFinished, test } from 'vitest';
import { WatchedCluster } from '../support/watched-cluster.ts';
import { group, World } from '../support/world.ts';

async function watched(pods: Record<string, [address: string, app: string]>): Promise<WatchedCluster> {
  const cluster = new WatchedCluster(await World.start([group('web'), group('old')]));
  onTestFinished(() => cluster.stop());
  for (const [uid, [address, app]] of Object.entries(pods))
    cluster.objects.put('pod', cluster.pod(uid, address, app));
  await cluster.start();
  await cluster.pass(1);
  return cluster;
}

/** All that was ever put on the firewall, or taken off. */
function changes({ world }: WatchedCluster): string[] {
  return world.device
    .applies()
    .flat()
    .flatMap(({ object, add, remove }) => [
      ...add.map((one) => `+${object.group} ${one}`),
      ...remove.map((one) => `-${object.group} ${one}`),
    ]);
}

test('endpoints of before a configuration are brought up to it before anything is believed of them', async () => {
  const cluster = await watched({
    a: ['10.1.0.1', 'web'],
    b: ['10.1.0.2', 'web'],
    c: ['10.1.0.3', 'old'],
    d: ['10.1.0.4', 'old'],
  });
  const { world } = cluster;
  const before = world.tables.store.backup('endpoints');
  await world.apply([group('web'), group('old', { select: "app == 'none'" }), group('all', { select: '' })]);
  // The sweep notes that the table goes on, else a backup is not noticed.
  await cluster.pass(3);
  expect([world.on('web'), world.on('old'), world.on('all')].map((all) => all.length)).toEqual([2, 0, 4]);
  world.device.calls.length = 0;
  world.tables.store.restore('endpoints', before);
  await cluster.pass(12);
  await world.reconcile();
  await cluster.pass(2);
  expect(changes(cluster)).toEqual([]);
  expect([world.on('web'), world.on('old'), world.on('all')].map((all) => all.length)).toEqual([2, 0, 4]);
  expect(world.tables.all('memberships')).toHaveLength(6);
});

test('an endpoint of before another one got its address does not get that back', async () => {
  const cluster = await watched({ a: ['10.1.0.1', 'web'], b: ['10.1.0.2', 'web'] });
  const { world } = cluster;
  const before = world.tables.store.backup('endpoints');
  cluster.objects.emit('pod', cluster.pod('c', '10.1.0.1', 'old'));
  await cluster.pass(3);
  expect([world.on('web'), world.on('old')]).toEqual([['10.1.0.2'], ['10.1.0.1']]);
  world.device.calls.length = 0;
  world.tables.store.restore('endpoints', before);
  await cluster.pass(60);
  expect(changes(cluster)).toEqual([]);
  expect([world.on('web'), world.on('old')]).toEqual([['10.1.0.2'], ['10.1.0.1']]);
});
