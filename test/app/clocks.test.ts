import { expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { readWriter, takeLease, writerRow } from '../../lib/app/state/writers.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const minute = 60_000;
const hour = 60 * minute;

/** A clock that can be set wrong. */
function skewed(world: World): { by: number } {
  const skew = { by: 0 };
  world.ports.clock = {
    now: () => world.clock.now() + skew.by,
    sleep: (milliseconds) => world.clock.sleep(milliseconds),
  };
  return skew;
}

async function minutes(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.clock.sleep(minute);
    await sweep(world.ports, world.configurations);
    await world.settle(2);
  }
}

test('a lease that a clock an hour ahead took is free again after minutes, when its run has ended for certain', async () => {
  const world = await World.start([group('web')]);
  const skew = skewed(world);
  await world.upsert(pod('a', '10.1.0.1', web));
  // The run takes its lease and dies.
  await takeLease(world.tables, {
    writerKey: world.writerKey,
    now: world.ports.clock.now() + hour,
    lengthMs: 75_000,
  });
  expect(skew.by).toBe(0);
  await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
  await world.settle(2);
  await minutes(world, 2);
  expect(world.on('web')).toEqual(['10.1.0.1']);
  await minutes(world, 4);
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('a lease of a run that goes on is never taken for one of a wrong clock, however wrong the clock of the sweep is', async () => {
  const world = await World.start([group('web')]);
  const skew = skewed(world);
  for (let i = 0; i < 6; i++) {
    skew.by = 0;
    await takeLease(world.tables, { writerKey: world.writerKey, now: world.clock.now(), lengthMs: 75_000 });
    const [item] = await world.tables.read([writerRow(world.writerKey)]);
    skew.by = -hour;
    await world.clock.sleep(minute);
    await sweep(world.ports, world.configurations);
    await sweep(world.ports, world.configurations);
    const [after] = await world.tables.read([writerRow(world.writerKey)]);
    expect(readWriter(after).leaseUntil).toBe(readWriter(item).leaseUntil);
    await world.clock.sleep(16_000);
  }
});

test.each([hour, -hour])('a clock that jumps by %i ms and back stops nothing for long', async (jump) => {
  const world = await World.start([group('web')]);
  const skew = skewed(world);
  for (let i = 0; i < 5; i++) await world.upsert(pod(`a${i}`, `10.1.0.${i}`, web));
  skew.by = jump;
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/credentials-rejected', '401');
  };
  await world.clock.sleep(2 * minute);
  await world.send(...[1, 2, 3].map((i) => world.upsertChange(pod(`b${i}`, `10.1.1.${i}`, web))));
  await world.settle(2);
  expect((await readStatus(world)).firewalls[0]).toMatchObject({ health: 'circuit open' });
  world.device.fault = undefined;
  skew.by = 0;
  await world.send(...[1, 2, 3].map((i) => world.upsertChange(pod(`c${i}`, `10.1.2.${i}`, web))));
  await world.settle(2);
  // A circuit that was opened an hour ago, or in an hour, is closed; one a quarter of an hour old by a right clock is not.
  await minutes(world, 4);
  expect(world.on('web')).toHaveLength(11);
  expect((await readStatus(world)).firewalls[0]).toMatchObject({ health: 'in step' });
});

test('a run whose clock jumps ahead calls nobody any more', async () => {
  const world = await World.start([group('web')]);
  const skew = skewed(world);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
  world.queues.take();
  const applies = world.device.applies().length;
  world.device.beforeCall = () => {
    skew.by = hour;
  };
  await syncFirewall(world.ports, world.configurations, world.writerKey);
  expect(world.device.applies()).toHaveLength(applies);
  world.device.beforeCall = undefined;
  await minutes(world, 2);
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('a loss that a clock an hour ahead let begin is measured against the larger size afterwards', async () => {
  const world = await World.start([group('web')]);
  const skew = skewed(world);
  for (let i = 0; i < 100; i++) await world.send(world.upsertChange(pod(`p${i}`, `10.1.0.${i}`, web)));
  await world.settle();
  skew.by = hour;
  await world.send(...Array.from({ length: 20 }, (_, i) => world.removeChange(`p${i}`)));
  await world.settle();
  skew.by = 0;
  for (let round = 0; round < 3; round++) {
    await world.clock.sleep(11 * minute);
    await world.send(...Array.from({ length: 20 }, (_, i) => world.removeChange(`p${20 * (round + 1) + i}`)));
    await world.settle();
  }
  // The window of the wrong clock goes on for an hour: everything above its 30 % waits for a person.
  expect(world.on('web').length).toBeGreaterThanOrEqual(70);
});
