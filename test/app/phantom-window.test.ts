import { expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const wide = {
  shrink: { minimum: 1_000, share: 1 },
  growth: { minimum: 1_000, share: 1 },
  windowMinutes: 10,
};
const minute = 60_000;

test('removals that were written down before a window and never came let a firewall lose no more in it', async () => {
  const world = await World.start([
    group('a', { select: "app == 'a'", brakes: wide }),
    group('b', { select: "app == 'b'", brakes: wide }),
  ]);
  for (const [app, net] of [
    ['a', '10.1.0'],
    ['b', '10.1.1'],
  ] as const)
    for (let i = 0; i < 30; i++) await world.upsert(pod(`${app}${i}`, `${net}.${i + 1}`, { app }));
  expect([world.on('a').length, world.on('b').length]).toEqual([30, 30]);
  await world.clock.sleep(20 * minute);
  world.device.fault = (call) => {
    if (call === 'apply') throw new ZonebridgeError('firewall/outcome-unknown', 'no answer');
  };
  await world.send(...Array.from({ length: 9 }, (_, i) => world.removeChange(`a${i}`, 'watch')));
  await world.wakeUp();
  expect(world.on('a')).toHaveLength(30);
  world.device.fault = undefined;
  await world.clock.sleep(20 * minute);
  await world.send(...Array.from({ length: 10 }, (_, i) => world.removeChange(`b${i}`, 'watch')));
  await world.settle();
  // Of 60 a fifth may go.
  expect([world.on('a').length, world.on('b').length]).toEqual([21, 27]);
});
