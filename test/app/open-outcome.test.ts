import { expect, test } from 'vitest';
import { group, pod, World } from '../support/world.ts';

test('a change whose outcome stays open is looked at again without another word of anybody', async () => {
  const world = await World.start([group('web')]);
  const [address, key] = ['10.1.0.9', 'default|10.1.0.9'];
  const isDirty = () => world.tables.all('dirty').some(({ key: { sk } }) => sk?.endsWith(key));
  const stateOf = () => world.tables.all('ledger').find(({ key: { sk } }) => sk === key)?.item['state'];
  world.device.loseReply.add(address);
  await world.send(world.upsertChange(pod('a', address, { app: 'web' })));
  await world.wakeUp().catch(() => undefined);
  expect(stateOf()).not.toBe('present');
  expect(isDirty()).toBe(true);
  world.device.loseReply.clear();
  await world.settle();
  expect(stateOf()).toBe('present');
  expect(isDirty()).toBe(false);
});
