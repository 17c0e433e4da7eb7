import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Condition, Item, ItemUpdate, Key, TableName, Value } from '../core/ports.ts';
import { copyItem, setOwn } from './write-rules.ts';

export type Attributes = Record<string, AttributeValue>;

/** Placeholders of one request: names may be reserved words or hold dots, values are never part of the text. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values: Attributes = {};
  #count = 0;

  name(attribute: string): string {
    const known = this.#names.get(attribute) ?? `#${this.#names.size}`;
    this.#names.set(attribute, known);
    return known;
  }

  value(value: Value | Set<string>): string {
    const placeholder = `:${this.#count}`;
    this.#count += 1;
    const attribute = marshall({ value }, { removeUndefinedValues: true })['value'];
    if (attribute === undefined) throw new TypeError('A value cannot be stored');
    this.#values[placeholder] = attribute;
    return placeholder;
  }

  /** The service refuses empty maps. */
  fields(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Attributes } {
    const names = Object.fromEntries([...this.#names].map(([attribute, known]) => [known, attribute]));
    return {
      ...(this.#names.size === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(this.#count === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    };
  }
}

/** All terms, joined by AND; nothing for an empty list. */
export function conditionText(
  terms: readonly Condition[] | undefined,
  placeholders: Placeholders,
): string | undefined {
  const texts = (terms ?? []).map((term) => {
    const name = placeholders.name(term.attribute);
    if (!('value' in term)) return `attribute_${term.is === 'absent' ? 'not_exists' : 'exists'}(${name})`;
    const value = placeholders.value(term.value);
    if (!term.is.startsWith('absent or ')) return `${name} ${term.is} ${value}`;
    return `(attribute_not_exists(${name}) OR ${name} ${term.is.replace('absent or ', '')} ${value})`;
  });
  return texts.length === 0 ? undefined : texts.join(' AND ');
}

/** Nothing for an update that changes nothing. */
export function updateText(update: ItemUpdate, placeholders: Placeholders): string | undefined {
  const set = Object.entries(copyItem(update.set ?? {})).map(
    ([name, value]) => `${placeholders.name(name)} = ${placeholders.value(value)}`,
  );
  for (const [attribute, value] of Object.entries(copyItem(update.setIfAbsent ?? {}))) {
    const name = placeholders.name(attribute);
    set.push(`${name} = if_not_exists(${name}, ${placeholders.value(value)})`);
  }
  const add = Object.entries(update.add ?? {}).map(
    ([name, amount]) => `${placeholders.name(name)} ${placeholders.value(amount)}`,
  );
  for (const [name, members] of Object.entries(update.addToSet ?? {})) {
    // The service knows no empty sets.
    if (members.length > 0) add.push(`${placeholders.name(name)} ${placeholders.value(new Set(members))}`);
  }
  const remove = (update.remove ?? []).map((name) => placeholders.name(name));
  const clauses = [
    ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
    ...(add.length > 0 ? [`ADD ${add.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
  ];
  return clauses.length === 0 ? undefined : clauses.join(' ');
}

export function keyAttributes(key: { pk: string; sk?: string | undefined }): Attributes {
  return { pk: { S: key.pk }, ...(key.sk === undefined ? {} : { sk: { S: key.sk } }) };
}

export function itemAttributes(item: Item): Attributes {
  return marshall(copyItem(item), { removeUndefinedValues: true });
}

/** Splits what was stored into key and item. Sets become sorted arrays. */
export function readAttributes(table: TableName, attributes: Attributes): { key: Key; item: Item } {
  const { pk, sk, ...rest } = attributes;
  if (pk?.S === undefined) throw new TypeError(`${table}: an item without key`);
  const item: Item = {};
  for (const [name, attribute] of Object.entries(rest)) {
    if (attribute.SS) setOwn(item, name, [...attribute.SS].sort());
    else setOwn(item, name, plain(unmarshall({ value: attribute })['value']));
  }
  return { key: { table, pk: pk.S, ...(sk?.S === undefined ? {} : { sk: sk.S }) }, item };
}

/** Binary values, number sets and the like were not written by us. */
function plain(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof Set) {
    throw new TypeError('The store holds a value of an unknown type');
  }
  const copy: Item = {};
  for (const [name, entry] of Object.entries(value)) setOwn(copy, name, plain(entry));
  return copy;
}
