import { expect, test } from 'vitest';
import { MemoryTables } from '../../../test/support/memory-tables.ts';
import { isWalked, notePartWalked, noteWalkBegins } from './walks.ts';

const at = { generation: 2, parts: 2 };

test('a walk is done when each part of each cluster was taken to the generation, in whatever order and however often', async () => {
  const tables = new MemoryTables();
  const done = () => isWalked(tables, ['one', 'two'], at);
  for (const cluster of ['one', 'two']) await noteWalkBegins(tables, cluster, 2);
  expect(await done()).toBe(false);
  for (const cluster of ['one', 'two', 'one'])
    await notePartWalked(tables, cluster, { generation: 2, part: '16' });
  expect(await done()).toBe(false);
  await notePartWalked(tables, 'one', { generation: 2, part: '0' });
  expect(await done()).toBe(false);
  await notePartWalked(tables, 'two', { generation: 2, part: '0' });
  expect(await done()).toBe(true);
});

test('parts of an older walk count for no later one, and a late beginning sets nothing back', async () => {
  const tables = new MemoryTables();
  await noteWalkBegins(tables, 'one', 2);
  await notePartWalked(tables, 'one', { generation: 1, part: '0' });
  await notePartWalked(tables, 'one', { generation: 2, part: '16' });
  await noteWalkBegins(tables, 'one', 1);
  expect(await isWalked(tables, ['one'], at)).toBe(false);
  await notePartWalked(tables, 'one', { generation: 2, part: '0' });
  expect(await isWalked(tables, ['one'], at)).toBe(true);
  expect(await isWalked(tables, ['one'], { ...at, generation: 3 })).toBe(false);
});

test('a cluster that no walk was noted of does not stand in the way', async () => {
  expect(await isWalked(new MemoryTables(), ['one'], at)).toBe(true);
});
