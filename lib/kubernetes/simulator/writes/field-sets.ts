import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../model.ts';
import { listKey } from './list-keys.ts';

/** Fields as FieldsV1 writes them: `f:name` for a member, `k:{"name":"x"}` for a member of a list, `.` for itself. */
export interface FieldSet {
  [path: string]: FieldSet;
}

/** All fields that a configuration sets. */
export function fieldsOf(object: JsonObject): FieldSet {
  const fields: FieldSet = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = fieldsOfValue(name, value);
    // An empty map says nothing about its members.
    if (inner !== undefined) fields[`f:${name}`] = inner;
  }
  return fields;
}

function fieldsOfValue(name: string, value: Json): FieldSet | undefined {
  if (isObject(value)) {
    const inner = fieldsOf(value);
    return Object.keys(inner).length === 0 && name === 'metadata' ? undefined : inner;
  }
  if (!Array.isArray(value)) return {};
  const key = listKey(name, value);
  if (key === undefined) return {};
  return Object.fromEntries(
    value.flatMap((member): [string, FieldSet][] =>
      isObject(member)
        ? [[`k:${JSON.stringify({ [key]: member[key] })}`, { '.': {}, ...fieldsOf(member) }]]
        : [],
    ),
  );
}

export function has(fields: FieldSet, path: string): boolean {
  return Object.hasOwn(fields, path);
}

export function union(sets: readonly FieldSet[]): FieldSet {
  const all: FieldSet = {};
  for (const set of sets) {
    for (const [path, inner] of Object.entries(set)) all[path] = union([all[path] ?? {}, inner]);
  }
  return all;
}

/** What is in `fields` and not in `others`. */
export function without(fields: FieldSet, others: FieldSet): FieldSet {
  const left: FieldSet = {};
  for (const [path, inner] of Object.entries(fields)) {
    const other = others[path];
    if (other === undefined) {
      left[path] = inner;
      continue;
    }
    const rest = without(inner, other);
    if (Object.keys(rest).length > 0) left[path] = rest;
  }
  return left;
}

/** Of these fields those that a configuration sets to another value than they have; `owned` = only if they have one. */
export function conflictsOf(
  fields: FieldSet,
  live: JsonObject,
  applied: JsonObject,
  owned = false,
): { fields: FieldSet; paths: string[] } {
  const found: FieldSet = {};
  const paths: string[] = [];
  for (const [path, inner] of Object.entries(fields)) {
    const name = path.slice(2);
    const [is, will] = [live[name], applied[name]];
    if (!path.startsWith('f:') || will === undefined || (owned && is === undefined)) continue;
    const deeper = compare(name, inner, [is, will], owned);
    if (deeper === undefined) continue;
    found[path] = deeper.fields;
    paths.push(...deeper.paths.map((one) => `.${name}${one}`));
  }
  return { fields: found, paths };
}

function compare(
  name: string,
  inner: FieldSet,
  [is, will]: [Json | undefined, Json],
  owned: boolean,
): { fields: FieldSet; paths: string[] } | undefined {
  if (Object.keys(inner).length === 0)
    return isDeepStrictEqual(is, will) ? undefined : { fields: {}, paths: [''] };
  if (isObject(will)) {
    const deeper = conflictsOf(inner, isObject(is) ? is : {}, will, owned);
    return deeper.paths.length > 0 ? deeper : undefined;
  }
  if (!Array.isArray(will)) return { fields: {}, paths: [''] };
  const key = listKey(name, will) ?? '';
  const fields: FieldSet = {};
  const paths: string[] = [];
  for (const member of will.filter(isObject)) {
    const place = `k:${JSON.stringify({ [key]: member[key] })}`;
    const set = inner[place];
    if (set === undefined) continue;
    const same = (Array.isArray(is) ? is : []).find((one) => isObject(one) && one[key] === member[key]);
    const deeper = conflictsOf(set, isObject(same) ? same : {}, member, owned);
    if (deeper.paths.length === 0) continue;
    fields[place] = deeper.fields;
    paths.push(...deeper.paths.map((one) => `[${key}=${JSON.stringify(member[key])}]${one}`));
  }
  return paths.length > 0 ? { fields, paths } : undefined;
}
