import { expect, test } from 'vitest';
import { indexWriteUnits, itemSize, readUnits, writeUnits } from './item-size.ts';

test('names and values count in UTF-8, keys included', () => {
  const key = { table: 'dirty', pk: 'abc', sk: 'é' } as const;
  expect(itemSize(key, {})).toBe(2 + 3 + 2 + 2);
  expect(itemSize({ table: 'control', pk: 'a' }, { name: 'ä', flag: true, none: null })).toBe(3 + 6 + 5 + 5);
  expect(itemSize({ table: 'control', pk: 'a' }, { n: 1234 })).toBe(3 + 1 + 3);
  expect(itemSize({ table: 'control', pk: 'a' }, { n: -1200.5 })).toBe(3 + 1 + 5);
  expect(itemSize({ table: 'control', pk: 'a' }, { l: ['ab', 'c'] })).toBe(3 + 1 + 3 + 3 + 2);
  expect(itemSize({ table: 'control', pk: 'a' }, { m: { ab: 'c' } })).toBe(3 + 1 + 3 + 1 + 2 + 1);
});

test('units are steps of 4 KB for reads and 1 KB for writes', () => {
  expect([0, 1, 4096, 4097].map((size) => readUnits(size, true))).toEqual([1, 1, 1, 2]);
  expect(readUnits(4097, false)).toBe(1);
  expect([writeUnits(0, 0), writeUnits(1025, 10), writeUnits(0, 1024)]).toEqual([1, 2, 1]);
});

test('an index is written when its key appears, moves or goes', () => {
  expect(indexWriteUnits('memberships', undefined, { bucket: 'a' })).toBe(1);
  expect(indexWriteUnits('memberships', { bucket: 'a' }, { bucket: 'b' })).toBe(2);
  expect(indexWriteUnits('memberships', { bucket: 'a', x: 1 }, { bucket: 'a', x: 2 })).toBe(0);
  expect(indexWriteUnits('memberships', { bucket: 'a' }, undefined)).toBe(1);
  expect(indexWriteUnits('ledger', undefined, { bucket: 'a' })).toBe(0);
});
