import type { Change } from './change.ts';
import type { Device } from './device.ts';
import { writeEnvelope } from './envelope.ts';
import type { Place } from './envelope.ts';
import { Refusal, isObject, missingEntry } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';
import { presentRow } from './row.ts';
import type { ConfigTable } from './table.ts';
import type { Vdom } from './vdom.ts';

export interface WriteTarget {
  key: string | undefined;
  child: string | undefined;
  childKey: string | undefined;
  query: URLSearchParams;
  body: string;
}

/** POST, PUT and DELETE on tables, rows and list entries. Throws a Refusal; nothing was changed then. */
export function writeConfig(
  place: Place,
  device: Device,
  vdom: Vdom,
  { table, target }: { table: ConfigTable; target: WriteTarget },
): JsonObject {
  const before = table.revision;
  const changes =
    target.child === undefined ? writeRow(place, table, target) : writeList(place, vdom, table, target);
  for (const change of changes) {
    followWithFeeds(vdom, change);
    device.record(vdom.name, change);
  }
  const mkey = place.method === 'POST' ? createdKey(target, changes) : place.mkey;
  const isNumber = table.schema.key === 'policyid' && target.child === undefined && mkey !== undefined;
  return writeEnvelope({ ...place, mkey: isNumber ? Number(mkey) : mkey }, device.settings, {
    before,
    after: table.revision,
  });
}

function writeRow(place: Place, table: ConfigTable, target: WriteTarget): Change[] {
  const { key } = target;
  switch (place.method) {
    case 'POST': {
      if (target.query.get('action') === 'clone' && key !== undefined) {
        return [clone(table, key, target.query.get('nkey') ?? '')];
      }
      if (key !== undefined) {
        // The next level of the URL is not there yet, a client's authors report.
        throw missingEntry();
      }
      if (table.schema.single) {
        throw new Refusal(405);
      }
      return [table.create(readBody(target.body))];
    }
    case 'PUT': {
      if (key === undefined && !table.schema.single) {
        throw new Refusal(405);
      }
      const change = table.update(key ?? '', readBody(target.body));
      return change === undefined ? [] : [change];
    }
    case 'DELETE':
      if (table.schema.single) {
        throw new Refusal(405);
      }
      return key === undefined ? table.purge() : [table.delete(key)];
    default:
      throw new Refusal(405);
  }
}

function writeList(place: Place, vdom: Vdom, table: ConfigTable, target: WriteTarget): Change[] {
  const { key = '', child = '', childKey } = target;
  if (!table.rows.has(key)) {
    throw missingEntry();
  }
  table.listField(child);
  switch (place.method) {
    case 'POST':
      if (childKey !== undefined) {
        throw missingEntry();
      }
      return [table.addLink(key, child, readBody(target.body))];
    case 'PUT':
      if (childKey === undefined || vdom.settings.behaviour.memberPut === 'refused') {
        throw new Refusal(405);
      }
      return replaceLink(table, { key, child, childKey }, readBody(target.body));
    case 'DELETE': {
      if (childKey !== undefined) {
        return [table.removeLink(key, child, childKey)];
      }
      // Assumption: as on a table, a DELETE without a key takes everything.
      const change = table.update(key, { [child]: [] });
      return change === undefined ? [] : [change];
    }
    default:
      throw new Refusal(405);
  }
}

/** PUT on an entry: its only field is its name, so this changes nothing or exchanges the entry. */
function replaceLink(
  table: ConfigTable,
  { key, child, childKey }: { key: string; child: string; childKey: string },
  body: JsonObject,
): Change[] {
  const links = table.rows.get(key)?.lists.get(child);
  if (!links?.has(childKey)) {
    throw missingEntry();
  }
  const name = body['name'] ?? childKey;
  if (name === childKey) {
    return [];
  }
  const list = [...links.keys()].map((member): Json => ({ name: member === childKey ? name : member }));
  const change = table.update(key, { [child]: list });
  return change === undefined ? [] : [change];
}

function clone(table: ConfigTable, key: string, newKey: string): Change {
  const row = table.rows.get(key);
  if (row === undefined) {
    throw missingEntry();
  }
  const shown = presentRow(row, table.schema, { version: [99, 0, 0], withoutDefaults: true });
  const { uuid: _, ...copied } = shown;
  return table.create({ ...copied, [table.schema.key]: newKey });
}

/** A body that is no JSON object gave 424 in practice. */
function readBody(body: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isObject(parsed)) {
      return parsed;
    }
  } catch {
    // Answered below like any other wrong body.
  }
  throw new Refusal(424);
}

function createdKey(target: WriteTarget, changes: readonly Change[]): string | undefined {
  const created = target.child === undefined ? changes[0]?.key : changes[0]?.added?.[target.child]?.[0];
  return created ?? target.key ?? undefined;
}

/** Pushed entries live and die with the object of their feed. */
function followWithFeeds(vdom: Vdom, change: Change): void {
  if (change.path !== 'system/external-resource') {
    return;
  }
  if (change.kind === 'delete') {
    vdom.feeds.drop(change.key);
  }
  if (change.kind === 'rename' && change.newKey !== undefined) {
    vdom.feeds.rename(change.key, change.newKey);
  }
}
