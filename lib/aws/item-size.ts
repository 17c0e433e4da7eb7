import type { Item, Key, Value } from '../core/ports.ts';

/** Key attributes and all other attributes count: UTF-8 names plus values. Estimate after DynamoDB's published rules, within a few bytes. */
export function itemSize(key: Key, item: Item): number {
  let size = 2 + bytes(key.pk);
  if (key.sk !== undefined) size += 2 + bytes(key.sk);
  for (const [name, value] of Object.entries(item)) size += bytes(name) + valueSize(value);
  return size;
}

/** Units of reading `size` bytes in one piece: 4 KB each, half price when eventually consistent; nothing found costs one step, too. */
export function readUnits(size: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(size / 4096)) * (consistent ? 1 : 0.5);
}

/** Units of one write: 1 KB each of the larger of the old and the new item, at least one. Transactions cost twice that. */
export function writeUnits(sizeBefore: number, sizeAfter: number): number {
  return Math.max(1, Math.ceil(Math.max(sizeBefore, sizeAfter) / 1024));
}

/**
 * Extra write units of the index `by-group` (keys only): one for an entry that appears or goes, two for one that moves.
 * Assumption: an index write inside a transaction costs the same as outside, because indexes are updated afterwards.
 */
export function indexWriteUnits(table: Key['table'], before?: Item, after?: Item): number {
  if (table !== 'memberships') return 0;
  const old = before?.['bucket'];
  const fresh = after?.['bucket'];
  if (old === fresh) return 0;
  return (old === undefined ? 0 : 1) + (fresh === undefined ? 0 : 1);
}

function valueSize(value: Value): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return bytes(value);
  if (typeof value === 'number') return 1 + Math.ceil(significantDigits(value) / 2) + (value < 0 ? 1 : 0);
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + 1 + valueSize(entry), 3);
  return Object.entries(value).reduce((sum, [name, entry]) => sum + 1 + bytes(name) + valueSize(entry), 3);
}

function significantDigits(value: number): number {
  const digits = Math.abs(value)
    .toString()
    .replace(/e.*$/, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '');
  return Math.max(1, digits.length);
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
