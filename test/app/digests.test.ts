import { describe, expect, onTestFinished, test } from 'vitest';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { markDirty } from '../../lib/app/state/dirty.ts';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { ledgerKey } from '../../lib/app/state/ledger.ts';
import type { TableName } from '../../lib/core/ports.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { settle } from '../support/agent-world.ts';
import { clusterId, WatchedCluster } from '../support/watched-cluster.ts';
import { group, World } from '../support/world.ts';

async function watched(pods: number, addresses: 'pod' | 'node' = 'pod'): Promise<WatchedCluster> {
  const cluster = new WatchedCluster(await World.start([group('web', { addresses })]));
  onTestFinished(() => cluster.stop());
  for (let i = 0; i < pods; i++)
    cluster.objects.put('pod', cluster.pod(`p${i}`, `10.1.${i >> 8}.${i & 255}`));
  await cluster.start();
  await cluster.pass(1);
  return cluster;
}

async function standing({ world }: WatchedCluster): Promise<ReturnType<typeof readCluster>> {
  const [item] = await world.tables.read([clusterKey(clusterId)]);
  return readCluster(item);
}

function removals({ world }: WatchedCluster): unknown[] {
  return world.device
    .applies()
    .flat()
    .flatMap(({ remove }) => remove);
}

describe('an agent that starts', () => {
  test('tells everything to a hub that has nothing', async () => {
    const cluster = await watched(20);
    expect(cluster.world.on('web')).toHaveLength(20);
    expect((await standing(cluster)).verifiedShards.size).toBe(256);
  });

  test('sends no endpoint and no manifest when nothing changed: below 100 KB with 10,000 pods', {
    timeout: 120_000,
  }, async () => {
    const cluster = await watched(10_000);
    await cluster.start();
    expect(cluster.bus.changes()).toEqual([]);
    expect(cluster.bus.manifests()).toEqual([]);
    expect(cluster.bytes()).toBeLessThan(100_000);
    expect((await standing(cluster)).verifiedShards.size).toBe(256);
    // Five minutes later: one digest more, and one read unit for each 4 KB of endpoints.
    cluster.world.tables.resetUsage();
    await cluster.clock.advance(5 * 60_000);
    await cluster.quiet();
    expect(cluster.bus.details('digest')).toHaveLength(2);
    const { readUnits, writeUnits } = cluster.world.tables.usage;
    expect(readUnits).toBeLessThan(2_000);
    expect(writeUnits).toBeLessThan(60);
  });

  test('tells only what changed while nobody watched', async () => {
    const cluster = await watched(300);
    cluster.stop();
    cluster.objects.put('pod', cluster.pod('new', '10.9.0.1'));
    cluster.objects.put('pod', cluster.pod('p7', '10.1.0.7', 'other'));
    cluster.objects.objects.pod.delete('p8');
    await cluster.start();
    const told = cluster.bus.changes().map((change) => ('upsert' in change ? change.upsert.uid : 'removal'));
    expect(told.sort()).toEqual(['new', 'p7']);
    expect(cluster.world.on('web')).toHaveLength(299);
    expect((await standing(cluster)).verifiedShards.size).toBe(256);
  });

  test('tells everything, and sends no digest, to a hub of a version without digests', async () => {
    const cluster = new WatchedCluster(await World.start([group('web')]));
    onTestFinished(() => cluster.stop());
    cluster.olderHub = true;
    cluster.objects.put('pod', cluster.pod('a', '10.1.0.1'));
    await cluster.start();
    await cluster.pass(11);
    expect(cluster.bus.changes().map(({ cause }) => cause)).toEqual(['start', 'start']);
    expect(cluster.bus.manifests()).toHaveLength(256);
    expect(cluster.bus.details('digest')).toEqual([]);
    expect(cluster.world.on('web')).toEqual(['10.1.0.1']);
  });
});

describe('an event that gets lost', () => {
  test('is found by the next digest, counted and shown', async () => {
    const cluster = await watched(30);
    cluster.loses = ({ detailType }) => detailType === 'endpoints';
    cluster.objects.emit('pod', cluster.pod('new', '10.9.0.1'));
    cluster.objects.emit('pod', cluster.pod('p1', '10.1.0.1', 'other'));
    cluster.objects.emitRemoval('pod', 'p2');
    await cluster.quiet();
    expect(cluster.world.on('web')).toHaveLength(30);
    cluster.loses = () => false;
    const before = (await standing(cluster)).foundLate.count;
    await cluster.pass(6);
    expect(cluster.world.on('web')).toHaveLength(29);
    expect(cluster.world.on('web')).toContain('10.9.0.1');
    const { foundLate } = await standing(cluster);
    expect(foundLate.count - before).toBe(3);
    const [one] = (await readStatus(cluster.world)).clusters;
    expect(one?.foundLate).toEqual(foundLate);
    expect(cluster.world.telemetry.metrics.some(({ name }) => name === 'EndpointsFoundLate')).toBe(true);
  });

  test('is not looked for while changes are still on their way, nor found twice', async () => {
    const cluster = await watched(30);
    await cluster.pass(20);
    expect(cluster.said.filter(({ type }) => type !== 'epoch')).toHaveLength(1);
  });

  test('that the hub refuses each time is asked for once with each digest', async () => {
    const cluster = await watched(3);
    const many = Array.from({ length: 20 }, (_, i) => `10.3.0.${i}`);
    const odd = cluster.pod('odd', '10.3.0.0') as { status: Record<string, unknown> };
    odd.status['podIPs'] = many.map((ip) => ({ ip }));
    cluster.objects.emit('pod', odd);
    await cluster.quiet();
    const before = cluster.said.length;
    await cluster.pass(30);
    const asked = cluster.said.slice(before).filter(({ type }) => type === 'resend');
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect((await standing(cluster)).verifiedShards.size).toBe(256);
  });
});

describe('state that is lost', () => {
  const losses: [string, TableName[], 'pod' | 'node'][] = [
    ['endpoints and memberships', ['endpoints', 'memberships'], 'pod'],
    ['endpoints alone', ['endpoints'], 'pod'],
    ['memberships alone', ['memberships'], 'pod'],
    ['memberships alone, of addresses that many share', ['memberships'], 'node'],
    ['dirty rows', ['dirty'], 'pod'],
    ['all three', ['endpoints', 'memberships', 'dirty'], 'pod'],
  ];
  test.each(losses)('%s: comes back by itself, and nothing leaves a firewall', async (_, tables, kind) => {
    const cluster = await watched(8, kind);
    const { world } = cluster;
    const members = world.on('web');
    expect(members.length).toBeGreaterThan(0);
    const memberships = world.tables.all('memberships').map(({ key }) => key);
    for (const table of tables) world.tables.store.restore(table);
    // At the worst moments: before anybody noticed, and while it is being rebuilt.
    await world.reconcile();
    await cluster.pass(1);
    await world.reconcile();
    await cluster.pass(6);
    await world.reconcile();
    await cluster.pass(1);
    expect(world.on('web')).toEqual(members);
    expect(removals(cluster)).toEqual([]);
    expect(world.tables.all('memberships').map(({ key }) => key)).toEqual(memberships);
    expect(world.tables.all('dirty')).toEqual([]);
    expect((await standing(cluster)).verifiedShards.size).toBe(256);
    expect(cluster.bus.details('hello')).toHaveLength(1);
  });

  test('what was dirty before the memberships were lost does not leave, although a watch had told of it', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    const key = 'web|default|10.1.0.3';
    const mark = markDirty({
      id: 'mark-1',
      firewall: 'edge',
      key,
      cause: 'watch',
      time: world.clock.now(),
      witnessed: true,
      source: { cluster: clusterId, shard: shardOf('pod|p3') },
    });
    await world.tables.write(mark);
    world.tables.store.restore('memberships');
    await world.wakeUp();
    expect(removals(cluster)).toEqual([]);
    await sweep(world.ports, world.configurations);
    await world.tables.write(mark);
    await world.wakeUp();
    expect(removals(cluster)).toEqual([]);
    await cluster.pass(9);
    expect(removals(cluster)).toEqual([]);
    expect(world.on('web')).toHaveLength(8);
    expect(world.tables.all('ledger').filter(({ item }) => item['heldReason'])).toEqual([]);
  });

  test.each([
    ['that does not know for whom it is there', 'reconcile', false],
    ['of somebody who asks to look again', 'approval', false],
    ['of which the ledger does not know for whom it is there either', 'reconcile', true],
  ] as const)(
    'a mark %s takes nothing off while the memberships are written again',
    async (_, cause, isOfNobody) => {
      const cluster = await watched(8);
      const { world } = cluster;
      const key = 'web|default|10.1.0.3';
      if (isOfNobody)
        await world.tables.write({ key: ledgerKey('edge', key), update: { remove: ['endpoint'] } });
      world.tables.store.restore('memberships');
      // Noticed, and not mended yet.
      await sweep(world.ports, world.configurations);
      expect((await standing(cluster)).verifiedShards.size).toBe(0);
      const time = world.clock.now();
      await world.tables.write(markDirty({ id: 'mark-1', firewall: 'edge', key, cause, time, look: true }));
      await world.wakeUp();
      expect(removals(cluster)).toEqual([]);
      const [row] = world.tables.all('ledger').filter(({ item }) => item['heldReason'] !== undefined);
      expect(row?.item).toMatchObject({ heldOp: 'remove', heldReason: 'unverified' });
      await cluster.pass(9);
      expect(removals(cluster)).toEqual([]);
      expect(world.on('web')).toHaveLength(8);
      expect(world.tables.all('ledger').filter(({ item }) => item['heldReason'])).toEqual([]);
    },
  );

  test('a run that looked for memberships before they were back, and for what is verified after, takes nothing off', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    const before = world.tables.store.backup('memberships');
    const { verifiedShards } = await standing(cluster);
    world.tables.store.restore('memberships');
    await sweep(world.ports, world.configurations);
    let stood = false;
    world.tables.beforeCall = async (name, call) => {
      const text = JSON.stringify(call);
      if (stood || name !== 'read' || !text.includes('#object') || !text.includes('cluster|')) return;
      stood = true;
      // The run has asked for the memberships, and stands still before it reads the rest: meanwhile everything is rebuilt.
      await settle();
      world.tables.store.restore('memberships', before);
      await sweep(world.ports, world.configurations);
      const addToSet = { verified: [...verifiedShards] };
      await world.tables.write({ key: clusterKey(clusterId), update: { addToSet } });
    };
    await world.reconcile();
    world.tables.beforeCall = undefined;
    expect(stood).toBe(true);
    await cluster.pass(2);
    expect(removals(cluster)).toEqual([]);
    expect(world.on('web')).toHaveLength(8);
  });

  test('memberships that only a restored table still has go, and their addresses leave', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    const before = world.tables.store.backup('memberships');
    cluster.objects.emitRemoval('pod', 'p3');
    await cluster.pass(1);
    expect(world.on('web')).toHaveLength(7);
    world.tables.store.restore('memberships', before);
    await cluster.pass(12);
    await world.reconcile();
    await cluster.pass(1);
    expect(world.on('web')).toHaveLength(7);
    expect(world.tables.all('memberships')).toHaveLength(7);
    expect(world.tables.all('dirty')).toEqual([]);
    // Cluster `two` has no agent: it is searched for when it has one.
    const search = world.tables.all('control').find(({ key }) => key.pk === '#orphans');
    expect(search?.item['open']).toEqual([expect.stringContaining('two')]);
  });

  test('what went in the meantime leaves when everything was compared', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    for (const table of ['endpoints', 'memberships'] as const) world.tables.store.restore(table);
    cluster.loses = ({ detailType }) => detailType === 'endpoints';
    cluster.objects.emitRemoval('pod', 'p3');
    await cluster.quiet();
    cluster.loses = () => false;
    await world.reconcile();
    expect(world.on('web')).toHaveLength(8);
    await cluster.pass(7);
    await world.reconcile();
    expect(world.on('web')).toHaveLength(7);
    expect(removals(cluster)).toEqual(['10.1.0.3']);
  });

  test('what nobody names of a group that comes back goes, whoever activated it', async () => {
    const cluster = await watched(2);
    const { world } = cluster;
    const groups = world.configuration.groups;
    world.configuration = { ...world.configuration, groups: { api: group('api') } };
    await world.activate();
    world.tables.store.restore('endpoints');
    await cluster.pass(8);
    // The loss left this one behind.
    const left = { table: 'memberships', pk: 'web|default|10.7.0.1', sk: `${clusterId}/pod|gone` } as const;
    await world.tables.write({ key: left, put: { bucket: 'web|0', time: world.clock.now() } });
    world.configuration = { ...world.configuration, groups };
    await world.activate();
    await cluster.pass(8);
    expect(world.tables.all('memberships').map(({ key }) => key.pk)).not.toContain(left.pk);
  });

  test('what nobody names goes within a day, whatever left it behind', async () => {
    const cluster = await watched(2);
    const { world } = cluster;
    await cluster.pass(2);
    const key = 'web|default|10.7.0.1';
    const time = world.clock.now();
    const left = { table: 'memberships', pk: key, sk: `${clusterId}/pod|gone` } as const;
    await world.tables.write({ key: left, put: { bucket: 'web|0', time } });
    await world.tables.write(markDirty({ id: 'mark-1', firewall: 'edge', key, cause: 'reconcile', time }));
    await world.wakeUp();
    await cluster.pass(3);
    expect(world.on('web')).toContain('10.7.0.1');
    await cluster.clock.advance(24 * 60 * 60_000);
    await cluster.pass(3);
    expect(world.on('web')).toEqual(['10.1.0.0', '10.1.0.1']);
    expect(world.tables.all('memberships')).toHaveLength(2);
  });

  test('marks that got lost are found again by comparing, no more than there are', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    // Each time right after they were written, before any run reads them.
    let lost = 0;
    world.tables.afterCall = (name, call) => {
      if (name !== 'transact' || !('writes' in call)) return;
      if (!call.writes.some(({ key }) => key.table === 'dirty')) return;
      lost += 1;
      world.tables.store.restore('dirty');
    };
    cluster.objects.emit('pod', cluster.pod('new', '10.9.0.1'));
    cluster.objects.emitRemoval('pod', 'p3');
    await cluster.quiet();
    world.tables.afterCall = undefined;
    expect(lost).toBeGreaterThan(0);
    expect(world.on('web')).toContain('10.1.0.3');
    expect(world.on('web')).not.toContain('10.9.0.1');
    await cluster.pass(2);
    expect(world.on('web')).toContain('10.9.0.1');
    expect(world.on('web')).not.toContain('10.1.0.3');
    expect(world.on('web')).toHaveLength(8);
  });

  test.each([
    ['memberships', ['memberships']],
    ['endpoints and memberships', ['endpoints', 'memberships']],
  ] as const)('what a brake holds is not let go by the loss of %s', async (_, tables) => {
    const cluster = await watched(4);
    const { world } = cluster;
    // Their namespace has just been made.
    const pods = Array.from({ length: 15 }, (_none, i) => cluster.pod(`new${i}`, `10.9.0.${i}`));
    cluster.objects.emit('pod', ...pods);
    await cluster.quiet();
    const members = world.on('web');
    expect(members.length).toBeLessThan(19);
    for (const table of tables) world.tables.store.restore(table);
    await cluster.pass(7);
    await world.reconcile();
    expect(world.tables.all('memberships')).toHaveLength(19);
    expect(world.on('web')).toEqual(members);
  });

  test('one membership that is missing is written again by the sweep', async () => {
    const cluster = await watched(8);
    const { world } = cluster;
    const [row] = world.tables.all('memberships');
    await world.tables.write({ key: row!.key, delete: true });
    await cluster.pass(53);
    expect(world.tables.all('memberships')).toHaveLength(8);
    expect(world.on('web')).toHaveLength(8);
  });
});

test('a pod that lost its address to one that is gone since gets it back, without a word from its agent', async () => {
  const cluster = await watched(0);
  const { world } = cluster;
  cluster.objects.emit('pod', cluster.pod('a', '10.1.0.1'));
  await cluster.quiet();
  cluster.objects.emit('pod', cluster.pod('b', '10.1.0.1', 'other'));
  await cluster.quiet();
  expect(world.on('web')).toEqual([]);
  cluster.objects.emitRemoval('pod', 'b');
  await cluster.quiet();
  expect(world.on('web')).toEqual([]);
  await cluster.pass(53);
  expect(world.on('web')).toEqual(['10.1.0.1']);
});
