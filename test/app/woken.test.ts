import { expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { markDirty, readDirty, bucketOf } from '../../lib/app/state/dirty.ts';
import { MemoryTables } from '../support/memory-tables.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

test('changes that nobody looked at yet have one wake-up together', async () => {
  const world = await World.start([group('web')]);
  world.queues.take();
  for (let i = 1; i <= 3; i++) await world.send(world.upsertChange(pod(`p${i}`, `10.1.0.${i}`, web)));
  const wake = names.wakeQueue('test', 'lan');
  expect(world.queues.take().filter(({ queue }) => queue === wake)).toHaveLength(1);
});

test('a change that comes while a run ends is not forgotten', async () => {
  const world = await World.start([group('web')]);
  let ended = false;
  world.tables.beforeCall = async (_, call) => {
    const ends =
      call.name === 'write' &&
      call.writes.some((write) => 'update' in write && write.update.set?.['leaseUntil'] === 0);
    if (!ends || ended) return;
    ended = true;
    await world.send(world.upsertChange(pod('late', '10.1.0.2', web)));
  };
  await world.upsert(pod('first', '10.1.0.1', web));
  expect(ended).toBe(true);
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('that an address belongs to somebody else is not taken back by a later mark', async () => {
  const tables = new MemoryTables();
  const key = 'web|default|10.1.0.1';
  const mark = { firewall: 'edge', key, cause: 'watch', time: 1 } as const;
  await tables.write(markDirty({ ...mark, id: 'one', moved: true }));
  await tables.write(markDirty({ ...mark, id: 'two' }));
  const { rows } = await readDirty(tables, 'edge', bucketOf(key), 10);
  expect(rows).toMatchObject([{ mark: 'two', moved: true }]);
});
