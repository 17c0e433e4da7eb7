import { ZonebridgeError } from '../core/errors.ts';
import type { Item, ItemUpdate, Key, TableName, Value, Write } from '../core/ports.ts';
import { itemSize } from './item-size.ts';

/** Limits of the service; breaking one is a mistake of the caller, so a plain TypeError and no retry. */
const maxTransactionItems = 100;
const maxItemBytes = 400 * 1024;
const maxTransactionBytes = 4 * 1024 * 1024;

/** `control` has a partition key only. */
function hasSortKey(table: TableName): boolean {
  return table !== 'control';
}

/** One string per item, for maps and messages. */
function keyText(key: Key): string {
  return key.sk === undefined ? `${key.table} ${key.pk}` : `${key.table} ${key.pk} / ${key.sk}`;
}

export function checkKey(key: Key): void {
  const sortKey = key.sk;
  if (hasSortKey(key.table) !== (sortKey !== undefined)) {
    throw new TypeError(
      `${keyText(key)}: the table has ${hasSortKey(key.table) ? 'a' : 'no'} sort key, the key does not fit`,
    );
  }
  const size = Buffer.byteLength(key.pk);
  if (size === 0 || size > 2048) throw new TypeError(`${key.table}: partition keys have 1 to 2048 bytes`);
  const sortSize = Buffer.byteLength(sortKey ?? '-');
  if (sortSize === 0 || sortSize > 1024) throw new TypeError(`${key.table}: sort keys have 1 to 1024 bytes`);
}

/** Refuses what DynamoDB refuses, before it is sent. */
export function checkWrite(write: Write): void {
  checkKey(write.key);
  for (const term of write.if ?? []) {
    if ('value' in term && typeof term.value === 'boolean' && /[<>]/.test(term.is)) {
      fail(write, term.attribute, 'truth values have no order');
    }
  }
  if ('put' in write) {
    checkNames(write, Object.keys(write.put));
    checkSize(write.key, copyItem(write.put));
    checkBucket(write, write.put['bucket']);
  }
  if ('update' in write) checkUpdate(write, write.update);
  if ('check' in write && write.if.length === 0) fail(write, 'check', 'a check needs a term');
}

/** Of an update only the service knows how large the item becomes. */
export function checkSize(key: Key, item: Item): void {
  if (itemSize(key, item) > maxItemBytes) throw new TypeError(`${keyText(key)}: the item exceeds 400 KB`);
}

/** At most 100 items, 4 MB, and no two actions on one item. */
export function checkTransaction(writes: readonly Write[]): void {
  if (writes.length > maxTransactionItems) {
    throw new TypeError(`A transaction holds at most ${maxTransactionItems} items, not ${writes.length}`);
  }
  const seen = new Set<string>();
  let size = 0;
  for (const write of writes) {
    checkWrite(write);
    const text = JSON.stringify([write.key.table, write.key.pk, write.key.sk ?? null]);
    if (seen.has(text))
      throw new TypeError(`${keyText(write.key)}: two actions on one item in a transaction`);
    seen.add(text);
    if ('put' in write) size += itemSize(write.key, write.put);
  }
  if (size > maxTransactionBytes) throw new TypeError('A transaction holds at most 4 MB');
}

/** `fields.failed` names the items, `fields.indexes` their places in the transaction ("0,3"). The service does not say which term of an item failed. */
export function conditionFailed(
  failed: readonly { index: number; key: Key }[],
  cause?: unknown,
): ZonebridgeError {
  const texts = failed.map(({ key }) => keyText(key)).join('; ');
  return new ZonebridgeError('store/condition-failed', `The stored state is not as required: ${texts}`, {
    cause,
    fields: { failed: texts, indexes: failed.map(({ index }) => index).join(',') },
  });
}

/** A deep copy of storable values; members that are undefined are left out, numbers outside the safe range are refused. */
export function copyItem(item: Item): Item {
  const copy: Item = {};
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) setOwn(copy, name, copyValue(value));
  }
  return copy;
}

function copyValue(value: Value): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw new TypeError(`${value} cannot be stored as a number`);
    }
    return value;
  }
  if (Array.isArray(value)) return value.map(copyValue);
  if (typeof value === 'object') return copyItem(value);
  throw new TypeError(`A ${typeof value} cannot be stored`);
}

/** Plain assignment except for `__proto__`, which would be lost. */
export function setOwn(target: Item, name: string, value: Value): void {
  if (name !== '__proto__') target[name] = value;
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function checkNames(write: Write, attributes: readonly string[]): void {
  for (const name of attributes) {
    if (name === 'pk' || name === 'sk') fail(write, name, 'the key cannot be an attribute');
    if (name === '') fail(write, name, 'attributes need a name');
  }
}

function checkUpdate(write: Write, update: ItemUpdate): void {
  const { set = {}, setIfAbsent = {}, add = {}, addToSet = {}, remove = [] } = update;
  const touched = [
    ...Object.keys(set),
    ...Object.keys(setIfAbsent),
    ...Object.keys(add),
    ...Object.keys(addToSet),
    ...remove,
  ];
  checkNames(write, touched);
  if (new Set(touched).size !== touched.length) fail(write, touched.join(', '), 'named twice in one update');
  copyItem(set);
  copyItem(setIfAbsent);
  copyItem(add);
  checkBucket(write, set['bucket']);
}

/** The index of `memberships` has this attribute as its key. */
function checkBucket(write: Write, bucket: Value | undefined): void {
  if (write.key.table !== 'memberships' || bucket === undefined) return;
  if (typeof bucket !== 'string' || bucket === '')
    fail(write, 'bucket', 'the index needs a string that is not empty');
}

function fail(write: Write, attribute: string, reason: string): never {
  throw new TypeError(`${keyText(write.key)}: ${attribute}: ${reason}`);
}
