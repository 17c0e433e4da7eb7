import { expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const lost = () => new ZonebridgeError('store/unavailable', 'the function died');

/** The next call to the firewall never arrives. */
function unreachableOnce(world: World): void {
  world.device.beforeCall = (name) => {
    if (name !== 'apply') return;
    world.device.beforeCall = undefined;
    throw new ZonebridgeError('firewall/unreachable', 'test');
  };
}

test('what was read back counts once, also when the run dies before it is written down', async () => {
  const world = await World.start([group('web', { maxMembers: 2 })]);
  await world.upsert(pod('a', '10.1.0.1', web));
  unreachableOnce(world);
  await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
  await world.wakeUp().catch(() => undefined);
  // Its addition is open, and then nobody wants it any more; the run that finds out adds another one and dies after the call.
  await world.send(world.removeChange('b'), world.upsertChange(pod('c', '10.1.0.3', web)));
  await world.clock.advance(120_000);
  let called = false;
  world.device.beforeCall = (name) => {
    called ||= name === 'apply';
  };
  world.tables.beforeCall = () => {
    if (called) throw lost();
  };
  await world.wakeUp().catch(() => undefined);
  expect(called).toBe(true);
  world.tables.beforeCall = undefined;
  world.device.beforeCall = undefined;
  await world.send(world.upsertChange(pod('d', '10.1.0.4', web)));
  await world.clock.advance(120_000);
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
});
