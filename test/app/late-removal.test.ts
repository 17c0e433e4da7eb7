import { expect, test } from 'vitest';
import { deliveries } from '../../lib/app/deliveries.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const address = '10.1.0.97';
const both = [address, '10.1.0.98'];

/** A removal was sent and had not come to its end when another pod got the address: the run after it found it still there. */
async function removalUnderWay(): Promise<World> {
  const world = await World.start([group('web')]);
  for (const uid of ['a', 'b']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, { app: 'web' }));
  await world.reconcile();
  world.device.fault = (name) => {
    if (name === 'apply') throw new ZonebridgeError('firewall/outcome-unknown', 'no answer');
  };
  await world.remove('a').catch(() => undefined);
  world.device.fault = undefined;
  await world.upsert(pod('c', address, { app: 'web' }));
  await world.clock.sleep(60_000);
  await world.settle();
  expect(world.on('web').sort()).toEqual(both);
  return world;
}

function takeOff(world: World): void {
  world.device.objects.get('obj-web')?.members.delete(address);
}

test('what a removal takes off that comes late is put back, nobody took it off by hand', async () => {
  const world = await removalUnderWay();
  takeOff(world);
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(both);
});

test('what is taken off when no process that sent the removal lives any more was a person', async () => {
  const world = await removalUnderWay();
  await world.clock.sleep(deliveries.wake.timeout * 1000);
  await world.reconcile();
  takeOff(world);
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.98']);
});
