import type { Condition, Item, ItemUpdate, Key, Value } from '../core/ports.ts';
import { copyItem, setOwn } from './write-rules.ts';

/** An item with the names of those attributes that are sets of strings; sets are kept as sorted arrays. */
export interface TypedItem {
  item: Item;
  sets: ReadonlySet<string>;
}

/** What an update makes of an item, by DynamoDB's rules: ADD on a missing number starts at 0, an attribute of another type is refused. */
export function applyUpdate(before: TypedItem | undefined, update: ItemUpdate): TypedItem {
  const item = copyItem(before?.item ?? {});
  const sets = new Set(before?.sets);
  for (const name of update.remove ?? []) {
    delete item[name];
    sets.delete(name);
  }
  for (const [name, value] of Object.entries(copyItem(update.set ?? {}))) {
    setOwn(item, name, value);
    sets.delete(name);
  }
  setMissing(item, update.setIfAbsent ?? {});
  addNumbers(item, update.add ?? {});
  for (const [name, members] of Object.entries(update.addToSet ?? {})) {
    const old = own(item, name);
    if (old !== undefined && !sets.has(name)) throw new TypeError(`${name}: is not a set`);
    // The service knows no empty sets.
    if (members.length === 0) continue;
    setOwn(item, name, [...new Set([...strings(old), ...members])].sort());
    sets.add(name);
  }
  return { item, sets };
}

function setMissing(item: Item, values: Item): void {
  for (const [name, value] of Object.entries(copyItem(values))) {
    if (own(item, name) === undefined) setOwn(item, name, value);
  }
}

function addNumbers(item: Item, amounts: Record<string, number>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    const old = own(item, name) ?? 0;
    if (typeof old !== 'number') throw new TypeError(`${name}: a number cannot be added to it`);
    setOwn(item, name, old + amount);
  }
}

/** True when every term holds. `pk` and `sk` may be named and stand for the key of an existing item. */
export function meets(terms: readonly Condition[] | undefined, key: Key, item: Item | undefined): boolean {
  return (terms ?? []).every((term) => {
    const value = item === undefined ? undefined : attributeOf(key, item, term.attribute);
    if (!('value' in term)) return (value === undefined) === (term.is === 'absent');
    if (value === undefined) return term.is.startsWith('absent or');
    return compares(value, term.is.replace('absent or ', ''), term.value);
  });
}

/** Order of strings in DynamoDB: by their UTF-8 bytes. */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let place = 0; place < length; place++) {
    const a = left.charCodeAt(place);
    const b = right.charCodeAt(place);
    if (a === b) continue;
    // UTF-16 and UTF-8 agree below the surrogates.
    if (a < 0xd800 && b < 0xd800) return a - b;
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return left.length - right.length;
}

function attributeOf(key: Key, item: Item, name: string): Value | undefined {
  if (name === 'pk') return key.pk;
  if (name === 'sk') return key.sk;
  return own(item, name);
}

/** Values of different types are never equal and have no order. */
function compares(value: Value, operator: string, expected: string | number | boolean): boolean {
  if (typeof value !== typeof expected) return false;
  if (operator === '=') return value === expected;
  let order = Number.NaN;
  if (typeof value === 'number' && typeof expected === 'number') order = value - expected;
  if (typeof value === 'string' && typeof expected === 'string') order = compareBytes(value, expected);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return order > 0;
}

function own(item: Item, name: string): Value | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

function strings(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
