import { expect, test } from 'vitest';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const tight = { shrink: { minimum: 0, share: 0 }, growth: { minimum: 10, share: 1 }, windowMinutes: 10 };

/** A removal whose call failed, and that a brake holds when it is tried again. */
async function heldAfterAll(error: ZonebridgeError): Promise<World> {
  const world = await World.start([group('web')]);
  for (const uid of ['a', 'b']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, { app: 'web' }));
  world.device.fault = (name) => {
    if (name === 'apply') throw error;
  };
  await world.remove('a').catch(() => undefined);
  await world.apply([group('web', { brakes: tight })], { add: 0, remove: 0 }).catch(() => undefined);
  world.device.fault = undefined;
  await world.clock.sleep(60_000);
  await world.wakeUp();
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.97', '10.1.0.98']);
  return world;
}

/** For whom the ledger says that the address was put there. */
function putFor(world: World, address: string): unknown {
  const row = world.tables.store.all('ledger').find(({ key }) => key.sk === `default|${address}`);
  return row?.item['endpoint'];
}

test('a removal that is held after its call failed gives way when the address gets another owner', async () => {
  const world = await heldAfterAll(new ZonebridgeError('firewall/outcome-unknown', 'no answer'));
  // Where the mark of the new owner is lost, the sweep goes by this.
  expect(putFor(world, '10.1.0.97')).toMatch(/\|one\/pod\|a$/);
  await world.upsert(pod('c', '10.1.0.97', { app: 'other' }));
  await sweep(world.ports, world.configurations);
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.98']);
});

const strict = { shrink: { minimum: 0, share: 0 }, growth: { minimum: 1000, share: 1 }, windowMinutes: 10 };

/** Pod `a` has left its groups by its labels, and what that takes away is held. */
async function heldByLabels(groups: string[], more: Partial<AddressGroup> = {}): Promise<World> {
  const both = { ...more, brakes: strict, select: "app == 'web'" };
  const world = await World.start(groups.map((name) => group(name, both)));
  for (const uid of ['a', 'b']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, { app: 'web' }));
  await world.clock.sleep(11 * 60_000);
  await world.upsert(pod('a', '10.1.0.97', { app: 'none' }));
  await world.settle();
  for (const name of groups) expect(world.on(name)).toEqual(['10.1.0.97', '10.1.0.98']);
  return world;
}

test('what is held leaves at once when another pod gets the address, without a sweep', async () => {
  const world = await heldByLabels(['web']);
  await world.upsert(pod('c', '10.1.0.97', { app: 'other' }));
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.98']);
});

test('also when the pod was deleted meanwhile, and from more groups than one transaction marks', async () => {
  const groups = Array.from({ length: 20 }, (_, index) => `web-${index}`);
  const world = await heldByLabels(groups);
  await world.remove('a');
  const taken = ['10.1.0.1', '10.1.0.2'];
  for (const address of taken) await world.upsert(pod(address, address, { app: 'none' }));
  await world.upsert(pod('c', ['10.1.0.97', ...taken], { app: 'other' }));
  await world.settle();
  for (const name of groups) expect(world.on(name)).toEqual(['10.1.0.98']);
});

test('what came back into its group is not taken off when its pod loses another address', async () => {
  const world = await heldByLabels(['web']);
  await world.upsert(pod('a', ['10.1.0.97', '10.1.0.50'], { app: 'web' }));
  await world.settle();
  await world.upsert(pod('c', '10.1.0.50', { app: 'other' }));
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.97', '10.1.0.98']);
});

test('where nothing waits on a firewall, a claim marks nothing', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.97', { app: 'web' }));
  await world.remove('a');
  await world.settle();
  expect(world.on('web')).toEqual([]);
  const calls = world.device.calls.length;
  await world.upsert(pod('c', '10.1.0.97', { app: 'other' }));
  await world.settle();
  expect(world.device.calls).toHaveLength(calls);
});
