import { isIPv4 } from 'node:net';
import { databaseRefusal, isObject } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';
import type { Links, Row } from './row.ts';
import { exists } from './row.ts';
import type { LinkListField, TableSchema } from './schema.ts';
import { checkText, storedValue } from './values.ts';
import { isAtLeast } from './version.ts';
import type { Vdom } from './vdom.ts';

/** The checked content of a write: nothing of it is in the table yet. */
export interface Draft {
  values: Map<string, Json>;
  lists: Map<string, Links>;
}

/** Reads and checks the fields of a body. Throws a Refusal; nothing was changed then. */
export function readDraft(body: JsonObject, schema: TableSchema, vdom: Vdom): Draft {
  const draft: Draft = { values: new Map(), lists: new Map() };
  for (const [name, value] of Object.entries(body)) {
    // Clients send back what they read, so what a read adds is ignored in a write.
    if (name === schema.key || name.startsWith('q_')) {
      continue;
    }
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (field === undefined || !exists(field, vdom.settings.version)) {
      // Assumption: an unknown field name is a command error, as on the command line.
      throw databaseRefusal(-61, `unknown field ${JSON.stringify(name)} in ${schema.path}`);
    }
    if (field.kind === 'links') {
      draft.lists.set(name, readLinks(name, field, value, vdom));
      continue;
    }
    const stored = storedValue(name, field, value, vdom.settings.version);
    if (field.kind === 'link' && stored !== '' && typeof stored === 'string') {
      findLinked(field.tables, stored, vdom);
    }
    draft.values.set(name, stored);
  }
  checkRange(draft);
  return draft;
}

function checkRange(draft: Draft): void {
  const [start, end] = [draft.values.get('start-ip'), draft.values.get('end-ip')];
  if (typeof start === 'string' && typeof end === 'string' && ipv4Number(end) < ipv4Number(start)) {
    throw databaseRefusal(-73, 'the end of the range is below its start');
  }
}

/** 0 for what is no IPv4 address: IPv6 ranges are not compared. */
function ipv4Number(address: string): number {
  return isIPv4(address) ? address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) : 0;
}

function readLinks(name: string, field: LinkListField, value: Json, vdom: Vdom): Links {
  if (!Array.isArray(value)) {
    throw databaseRefusal(-651, `value of ${name} is not a list`);
  }
  const links: Links = new Map();
  for (const item of value) {
    const link = readLink(name, field, item, vdom);
    links.set(link.name, link.table);
  }
  return links;
}

/** One entry of a list, `{"name":"x"}`, checked against the tables it may point to. */
export function readLink(
  list: string,
  field: LinkListField,
  item: Json,
  vdom: Vdom,
): { name: string; table: string | undefined } {
  const given = isObject(item) ? item['name'] : undefined;
  if (given === undefined || given === '') {
    throw databaseRefusal(-651, `an entry of ${list} has no name`);
  }
  const name = checkText(list, given, field.max, -1);
  return { name, table: findLinked(field.tables, name, vdom) };
}

function findLinked(tables: readonly string[], name: string, vdom: Vdom): string | undefined {
  const table = tables.find((path) => vdom.table(path)?.rows.has(name));
  if (table === undefined && tables.length > 0) {
    throw databaseRefusal(vdom.settings.behaviour.unknownReference, `entry ${name} not found in datasource`);
  }
  return table;
}

/** Rules over the lists a row would have afterwards: emptiness, size, circles. */
export function checkLists(
  row: Pick<Row, 'key' | 'table'>,
  lists: ReadonlyMap<string, Links>,
  schema: TableSchema,
  vdom: Vdom,
): void {
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.kind !== 'links') {
      continue;
    }
    const links = lists.get(name) ?? new Map<string, string | undefined>();
    checkSize(name, field, links.size, vdom);
    if (field.acyclic) {
      for (const [member, table] of links) {
        if (table === row.table) {
          checkCircle(row, name, member, vdom);
        }
      }
    }
  }
}

export function checkSize(name: string, field: LinkListField, size: number, vdom: Vdom): void {
  if (field.emptySince && size === 0 && !isAtLeast(vdom.settings.version, field.emptySince)) {
    throw databaseRefusal(-56, `${name} must not be empty`);
  }
  if (field.limit && size > vdom.settings.limits[field.limit]) {
    throw databaseRefusal(-4, `maximum number of entries of ${name} has been reached`);
  }
}

/** Assumption: a group that would contain itself is refused as an invalid value. */
export function checkCircle(row: Pick<Row, 'key' | 'table'>, list: string, member: string, vdom: Vdom): void {
  const open = [member];
  const seen = new Set<string>();
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (key === row.key) {
      throw databaseRefusal(-651, `${member} would contain itself`);
    }
    if (seen.has(key)) {
      continue;
    }
    seen.add(key);
    for (const [next, table] of vdom.table(row.table)?.rows.get(key)?.lists.get(list) ?? []) {
      if (table === row.table) {
        open.push(next);
      }
    }
  }
}
