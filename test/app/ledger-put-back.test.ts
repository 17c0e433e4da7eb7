import { expect, test } from 'vitest';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

/** An address was on the firewall, left, and came back for another pod after the ledger was put back to when it was there. */
async function putBack(): Promise<World> {
  const world = await World.start([group('web')]);
  for (const uid of ['a', 'b']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, { app: 'web' }));
  await world.reconcile();
  await sweep(world.ports, world.configurations);
  const before = world.tables.store.backup('ledger');
  await world.clock.sleep(120_000);
  await sweep(world.ports, world.configurations);
  await world.remove('a');
  world.tables.store.restore('ledger', before);
  await world.send(world.upsertChange(pod('c', '10.1.0.97', { app: 'web' })));
  world.queues.take();
  for (const { key } of world.tables.all('dirty')) await world.tables.write({ key, delete: true });
  return world;
}

test('what an older ledger says is there comes back, nobody took it off by hand', async () => {
  const world = await putBack();
  await sweep(world.ports, world.configurations);
  await world.settle();
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.97', '10.1.0.98']);
});

test('a comparison before the sweep has noticed withholds nothing either', async () => {
  const world = await putBack();
  await world.reconcile();
  expect(world.on('web').sort()).toEqual(['10.1.0.97', '10.1.0.98']);
});
