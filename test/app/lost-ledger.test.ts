import { expect, test } from 'vitest';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const uid = (index: number): string => `pod-${index}`;

/** A group of 40 pods whose ledger is lost; the comparison after it has written all of them down again. */
async function rebuilt(): Promise<World> {
  const world = await World.start([group('web')]);
  world.configuration.firewalls['edge']!.brakes = { shrink: { minimum: 1_000, share: 1 }, windowMinutes: 10 };
  await world.activate();
  const change = (index: number) => world.upsertChange(pod(uid(index), `10.1.0.${index + 1}`, web));
  await world.send(...Array.from({ length: 40 }, (_, index) => change(index)));
  await world.settle();
  await world.reconcile();
  await sweep(world.ports, world.configurations);
  await world.clock.sleep(3_600_000);
  world.tables.store.restore('ledger');
  await sweep(world.ports, world.configurations);
  await world.settle();
  await world.reconcile();
  expect(world.on('web')).toHaveLength(40);
  return world;
}

test('a group whose ledger was lost shrinks by no more than another one', async () => {
  const world = await rebuilt();
  for (let index = 0; index < 30; index++) await world.remove(uid(index));
  // 30 % of 40.
  expect(world.on('web')).toHaveLength(28);
});

test('what comes and goes after the loss is no loss', async () => {
  const world = await rebuilt();
  const come = (index: number) => world.upsertChange(pod(uid(index), `10.1.1.${index}`, web));
  await world.send(...Array.from({ length: 40 }, (_, index) => come(100 + index)));
  await world.settle();
  expect(world.on('web')).toHaveLength(80);
  for (let index = 0; index < 40; index++) await world.remove(uid(index));
  expect(world.on('web')).toHaveLength(40);
});
