import { expect, test } from 'vitest';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { clusterId } from '../support/watched-cluster.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

test('members that went with a deleted object come back, also when a change made the object anew first', async () => {
  const world = await World.start([group('web')]);
  for (const uid of ['a', 'b']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, web));
  await world.reconcile();
  world.device.objects.delete('obj-web');
  // The first change meets no object and has it looked at; the next one makes it and puts only itself into it.
  world.queues.beforeSend = ({ queue }) => {
    if (queue.includes('-reconcile-')) throw new Error('the question whose object it is gets lost');
  };
  await world.upsert(pod('c', '10.1.0.99', web)).catch(() => undefined);
  world.queues.beforeSend = undefined;
  await world.clock.sleep(120_000);
  await world.wakeUp();
  expect(world.on('web')).toEqual(['10.1.0.99']);
  await world.reconcile();
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.97', '10.1.0.98', '10.1.0.99']);
});

test('what only seems to leave stays while the device counts other members than we believe, and is judged when it was compared', async () => {
  const world = await World.start([group('web')]);
  for (const uid of ['a', 'b', 'c']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, web));
  await world.reconcile();
  const verified = Array.from({ length: 256 }, (_, shard) => String(shard));
  await world.tables.write({ key: clusterKey(clusterId), update: { addToSet: { verified } } });
  // A person takes two off; the next change meets another count, and the comparison that it asks for does not come.
  for (const address of ['10.1.0.97', '10.1.0.98'])
    world.device.objects.get('obj-web')?.members.delete(address);
  world.queues.beforeSend = ({ queue }) => {
    if (queue.includes('-reconcile-')) throw new Error('the question gets lost');
  };
  await world.upsert(pod('d', '10.1.0.100', web)).catch(() => undefined);
  world.queues.beforeSend = undefined;
  await world.remove('c', 'relist');
  await world.remove('d', 'relist');
  expect(world.on('web').sort()).toEqual(['10.1.0.100', '10.1.0.99']);
  await world.reconcile();
  // Two more were taken off by hand, so that these are the last ones: one may go.
  expect(world.on('web')).toHaveLength(1);
});
