import { expect, test } from 'vitest';
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

test('a removal that is held after its call failed gives way when the address gets another owner', async () => {
  const world = await heldAfterAll(new ZonebridgeError('firewall/outcome-unknown', 'no answer'));
  await world.upsert(pod('c', '10.1.0.97', { app: 'other' }));
  await sweep(world.ports, world.configurations);
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.98']);
});
