import { digestOf } from './digest.ts';
import type { Digest } from './digest.ts';
import type { Json, JsonObject } from './refusal.ts';
import { defaultValue } from './values.ts';
import { isAtLeast } from './version.ts';
import type { Version } from './version.ts';
import type { Field, TableSchema } from './schema.ts';

/** Entries of a link list by name, with the path of the table each one lies in (undefined where nothing is checked). */
export type Links = Map<string, string | undefined>;

/** One entry of a table. Only the table changes it. */
export interface Row {
  readonly table: string;
  key: string;
  /** Scalar values that were set, in stored form. */
  values: Map<string, Json>;
  lists: Map<string, Links>;
  predefined: boolean;
  /** Digest of key and values, and of everything. */
  valuesDigest: Digest;
  digest: Digest;
}

export function exists(field: Field, version: Version): boolean {
  return isAtLeast(version, field.since ?? '0.0.0') && !(field.until && isAtLeast(version, field.until));
}

export function linkDigest(row: Row, list: string, name: string): Digest {
  return digestOf(row.key, list, name);
}

/** Brings both digests up to date after key or values changed; `listsToo` after the key changed or for a new row. */
export function refreshDigest(row: Row, listsToo: boolean): void {
  const values = [...row.values].sort(([a], [b]) => (a < b ? -1 : 1));
  const fresh = digestOf(row.key, JSON.stringify(values));
  row.digest ^= row.valuesDigest ^ fresh;
  row.valuesDigest = fresh;
  if (listsToo) {
    row.digest = fresh;
    for (const [list, links] of row.lists) {
      for (const name of links.keys()) {
        row.digest ^= linkDigest(row, list, name);
      }
    }
  }
}

export interface Presentation {
  version: Version;
  /** Only these fields (`format`). */
  fields?: ReadonlySet<string>;
  withoutDefaults?: boolean;
  /** Adds to each link the table it points to. */
  datasource?: boolean;
}

/** A row as a read shows it: every field of the version, unset ones with their defaults. */
export function presentRow(row: Row, schema: TableSchema, how: Presentation): JsonObject {
  const shown: JsonObject = {};
  const wanted = (name: string) => how.fields === undefined || how.fields.has(name);
  if (!schema.single) {
    const key = schema.key === 'policyid' ? Number(row.key) : row.key;
    if (wanted(schema.key)) {
      shown[schema.key] = key;
    }
    shown['q_origin_key'] = key;
  }
  for (const [name, field] of Object.entries(schema.fields)) {
    if (!wanted(name) || !exists(field, how.version)) {
      continue;
    }
    const isSet = field.kind === 'links' ? (row.lists.get(name)?.size ?? 0) > 0 : row.values.has(name);
    if (how.withoutDefaults && !isSet) {
      continue;
    }
    shown[name] =
      field.kind === 'links'
        ? presentLinks(row.lists.get(name), how.datasource === true)
        : (row.values.get(name) ?? defaultValue(field));
  }
  return shown;
}

export function presentLinks(links: Links | undefined, datasource: boolean): JsonObject[] {
  return [...(links ?? [])].map(([name, table]) => presentLink(name, table, datasource));
}

export function presentLink(name: string, table: string | undefined, datasource: boolean): JsonObject {
  const link: JsonObject = { name, q_origin_key: name };
  if (datasource && table !== undefined) {
    link['datasource'] = table.replace('/', '.');
  }
  return link;
}
