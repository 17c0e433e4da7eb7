import { expect, test } from 'vitest';
import { listHeld } from '../../lib/app/commands/approve.ts';
import { startWalk } from '../../lib/app/ingest/walk.ts';
import { objectKey } from '../../lib/app/state/ledger.ts';
import { manifestsOf } from '../support/manifests.ts';
import { group, pod, World } from '../support/world.ts';

const records = ['a', 'b', 'c'].map((uid, index) => pod(uid, `10.1.0.${index + 1}`, { app: 'api' }));

/** A generation that selects more became active, and nothing has walked the endpoints yet. */
async function widened(): Promise<World> {
  const world = await World.start([group('web')]);
  for (const record of records) await world.upsert(record);
  world.configuration = { ...world.configuration, groups: { web: group('web', { select: "app == 'api'" }) } };
  await world.activate();
  return world;
}

async function reasons(world: World): Promise<string[]> {
  const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
  return held.map(({ reason }) => reason);
}

test('an agent that tells everything again before the walk does not carry a configuration past its brake', async () => {
  const world = await widened();
  await world.send(...records.map((record) => world.upsertChange(record, 'start')));
  await world.settle();
  expect(world.on('web')).toEqual([]);
  expect(await reasons(world)).toEqual(Array(3).fill('configuration-growth'));
});

test('a pod that changes before the walk joins by the configuration what its old labels joined, the rest by itself', async () => {
  const world = await widened();
  await world.upsert(pod('b', ['10.1.0.2', 'fd00::2'], { app: 'api' }));
  await world.upsert(pod('new', '10.1.0.9', { app: 'api' }));
  expect(world.on('web').sort()).toEqual(['10.1.0.9', 'fd00::2']);
  expect(await reasons(world)).toEqual(['configuration-growth']);
});

/** A generation that publishes on `edge` what was followed before became active, and nothing has walked the endpoints yet. */
async function published(select: string, { released }: { released: boolean }): Promise<World> {
  const world = await World.start([group('web', { publish: [] })]);
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await world.tables.write({
    key: objectKey('edge', 'web'),
    update: { set: { allowGeneration: released ? 2 : 1 } },
  });
  world.configuration = { ...world.configuration, groups: { web: group('web', { select }) } };
  await world.activate();
  return world;
}

test('a comparison before the walk adds nothing that only the configuration before selected', async () => {
  const world = await published("app == 'api'", { released: true });
  await world.reconcile();
  expect(world.on('web')).toEqual([]);
  expect(world.tables.all('dirty')).toEqual([]);
});

test('a comparison does not carry past its brake what an apply did not come to release', async () => {
  const world = await published("app == 'web'", { released: false });
  await startWalk(world.ports, await world.configurations.active());
  await world.settle();
  await world.reconcile();
  expect(world.on('web')).toEqual([]);
  expect(await reasons(world)).toEqual(['configuration-growth']);
});

/** The group was off the firewall for a while, the ledger was lost meanwhile, and it came back by a generation that nothing has walked yet. */
async function cameBackUnknown(): Promise<World> {
  const world = await World.start([group('web')]);
  await world.apply([group('web')]);
  for (const record of records) await world.upsert({ ...record, labels: { app: 'web' } });
  await world.apply([group('web', { publish: [] })]);
  world.tables.store.restore('ledger');
  world.configuration = { ...world.configuration, groups: { web: group('web') } };
  await world.activate();
  return world;
}

test('a comparison before the walk takes nobody off whom only the walk will want again', async () => {
  const world = await cameBackUnknown();
  await world.reconcile();
  expect(world.on('web')).toHaveLength(3);
  world.device.objects.get('obj-web')?.members.add('10.9.9.9');
  await startWalk(world.ports, await world.configurations.active());
  await world.settle();
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
});

test('nor what the ledger still has from the time before', async () => {
  const world = await World.start([group('web')]);
  await world.apply([group('web')]);
  for (const record of records) await world.upsert({ ...record, labels: { app: 'web' } });
  await world.apply([group('web', { publish: [] })]);
  // Long enough ago that the memberships of a group that left went with their endpoints.
  for (const { key } of world.tables.all('memberships')) await world.tables.write({ key, delete: true });
  world.configuration = { ...world.configuration, groups: { web: group('web') } };
  await world.activate();
  await world.reconcile();
  expect(world.on('web')).toHaveLength(3);
});

test('nor an address that no pod has: only the walk knows whether a service still wants it', async () => {
  const fronts = group('web', { addresses: 'service' });
  const world = await World.start([fronts]);
  const services = Array.from({ length: 20 }, (_, i) => ({
    ...pod(`front-${i}`, `10.2.0.${i + 1}`, { app: 'web' }),
    kind: 'service' as const,
    namespace: 'shop',
  }));
  for (const service of services) await world.upsert(service);
  const manifests = manifestsOf(services, world.sequence + 1);
  await world.event('manifest', { epoch: world.epoch, services: true, manifests });
  await world.apply([group('web', { addresses: 'service', publish: [] })]);
  const [{ key } = { key: undefined }] = world.tables.all('memberships');
  if (key) await world.tables.write({ key, delete: true });
  world.configuration = { ...world.configuration, groups: { web: fronts } };
  await world.activate();
  await world.reconcile();
  expect(world.on('web')).toHaveLength(20);
});
