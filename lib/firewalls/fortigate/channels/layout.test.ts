import { expect, test } from 'vitest';
import { holderOf, largestGroup, shardCount, shardNames } from './layout.ts';

const object = { group: 'g', name: 'zb-a.g', channel: 'objects', create: 'own' } as const;

test('a group is split only when it may grow beyond what one group holds', () => {
  expect(shardCount(object, 600)).toBe(1);
  expect(shardCount({ ...object, sizeHint: 600 }, 600)).toBe(1);
  expect(shardCount({ ...object, sizeHint: 601 }, 600)).toBe(2);
  expect(shardCount({ ...object, sizeHint: 10_000 }, 600)).toBe(32);
  expect(shardNames('g', 1)).toEqual([]);
  expect(shardNames('g', 4)).toEqual(['g_4_0', 'g_4_1', 'g_4_2', 'g_4_3']);
});

test.each([
  ['one after the other', (index: number) => `10.244.${index >> 8}.${index & 255}`],
  [
    'scattered over nodes',
    (index: number) => `10.${index % 200}.${(index * 7) % 256}.${Math.floor(index / 200)}`,
  ],
  ['IPv6', (index: number) => `fd00::${index.toString(16)}`],
])('no shard overflows for addresses %s', (_, address) => {
  for (const size of [700, 900, 1_800, 10_000, 14_400]) {
    const count = shardCount({ ...object, sizeHint: size }, 600);
    const sizes = new Map<string, number>();
    for (let index = 0; index < size; index++) {
      const holder = holderOf('g', count, address(index));
      sizes.set(holder, (sizes.get(holder) ?? 0) + 1);
    }
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(600);
  }
});

test('the parent never has more shards than a group may have members', () => {
  expect(shardCount({ ...object, sizeHint: 1_000 }, 4)).toBe(4);
  expect(largestGroup(4)).toBe(12);
  expect(largestGroup(600)).toBe(230_400);
});
