import { expect, test } from 'vitest';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { manifestsOf } from '../support/manifests.ts';
import { group, pod, World } from '../support/world.ts';

/**
 * The security team takes its word from an object that we filled, and gives it back later. What lay in it meanwhile nobody may read or
 * write; what died meanwhile must not stay in it for ever, for whoever gets the address next.
 */
const web = { app: 'web' };
const offer = 'zonebridge:offer:web';

const target = { ...group('web').publish[0]!, create: 'offered', onForeignAdd: 'report' } as const;
const published = group('web', { publish: [target] });

/** `10.1.0.1` and `.2` are ours, `10.9.9.9` is a person's. */
async function filled(): Promise<World> {
  const world = await World.start([published]);
  world.device.objects.set('obj-web', { comment: offer, members: new Set() });
  const pods = [1, 2].map((last) => pod(`p${last}`, `10.1.0.${last}`, web));
  for (const record of pods) await world.upsert(record);
  await world.event('manifest', { epoch: world.epoch, manifests: manifestsOf(pods, world.sequence + 1) });
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.2']);
  world.device.objects.get('obj-web')!.members.add('10.9.9.9');
  return world;
}

function say(world: World, comment: string): void {
  world.device.objects.get('obj-web')!.comment = comment;
}

const rowOf = (world: World, address: string) =>
  world.tables.all('ledger').find(({ key }) => key.sk?.endsWith(address))?.item;

test('what died while the offer was withdrawn leaves when it is offered again', async () => {
  const world = await filled();
  say(world, 'withdrawn');
  await world.reconcile();
  await world.remove('p1');
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.2', '10.9.9.9']);
  say(world, offer);
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.2', '10.9.9.9']);
  expect(rowOf(world, '10.1.0.1')).toBeUndefined();
  expect(rowOf(world, '10.1.0.2')).toMatchObject({ state: 'present' });
});

test('what a person took out meanwhile is put back as long as a pod has it', async () => {
  const world = await filled();
  say(world, 'withdrawn');
  await world.reconcile();
  world.device.objects.get('obj-web')!.members.clear();
  await world.reconcile();
  expect(rowOf(world, '10.1.0.1')).toMatchObject({ state: 'unknown', heldReason: 'foreign-object' });
  say(world, offer);
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('what never came into it is not taken for ours', async () => {
  const world = await filled();
  say(world, 'withdrawn');
  await world.reconcile();
  await world.upsert(pod('p9', '10.9.9.9', web));
  await world.remove('p9');
  say(world, offer);
  await world.reconcile();
  expect(world.on('web')).toContain('10.9.9.9');
});

test('nobody is taken off whom only a walk will want again', async () => {
  const world = await filled();
  say(world, 'withdrawn');
  await world.reconcile();
  await world.apply([group('web', { publish: [] })]);
  for (const { key } of world.tables.all('memberships')) await world.tables.write({ key, delete: true });
  world.configuration = { ...world.configuration, groups: { web: published } };
  await world.activate();
  say(world, offer);
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.1', '10.1.0.2', '10.9.9.9']);
});

test('what another pod has by now is looked at once, and not each minute until the object is ours', async () => {
  const world = await filled();
  say(world, 'withdrawn');
  await world.reconcile();
  await world.remove('p1');
  await world.upsert(pod('other', '10.1.0.1', { app: 'other' }));
  const minute = async (): Promise<number> => {
    await world.clock.sleep(60_000);
    await sweep(world.ports, world.configurations);
    await world.settle();
    return world.device.calls.length;
  };
  await minute();
  const calls = await minute();
  for (let minutes = 0; minutes < 20; minutes++) expect(await minute()).toBe(calls);
  expect(rowOf(world, '10.1.0.1')).toMatchObject({ heldOp: 'remove', heldDead: true });
  say(world, offer);
  await world.reconcile();
  expect(world.on('web')).not.toContain('10.1.0.1');
});
