import { expect, test } from 'vitest';
import { group, pod, World } from '../support/world.ts';

test('what a device loses by a restart in the middle of a comparison is put back, nobody took it off', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await world.reconcile();
  let restarted = false;
  world.device.beforeCall = (name) => {
    if (name !== 'observeMembers' || restarted) return;
    restarted = true;
    world.device.objects.get('obj-web')!.members.clear();
    world.device.identity = { ...world.device.identity, bootTime: 600_001 };
  };
  await world.reconcile();
  expect(restarted).toBe(true);
  expect(world.on('web')).toEqual(['10.1.0.1']);
});
