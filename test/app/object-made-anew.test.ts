import { expect, test } from 'vitest';
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
