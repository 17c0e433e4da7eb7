import { isAddress, isNetwork, isRange } from './addresses.ts';
import {
  type Call,
  bodies,
  brief,
  filters,
  isSet,
  objectBody,
  refuseUnknown,
  type Result,
  shown,
} from './call.ts';
import { checkGroup } from './groups.ts';
import { pageOf } from './pages.ts';
import { about, invalid, type JsonObject, missing, type Refusal, textOf, unsupported } from './refusal.ts';
import type { Row, Table } from './table.ts';
import { isSince } from './version.ts';

/** Assumption: letters, digits and these signs for all network objects; no source lists what is refused. */
const nameForm = /^[A-Za-z0-9_.+-][A-Za-z0-9_.+ -]{0,63}$/;

const valueForms: Readonly<Record<string, (value: string) => boolean>> = {
  Host: isAddress,
  Network: isNetwork,
  Range: isRange,
  FQDN: (value) => /^[a-z0-9.-]+$/i.test(value),
};

const resolutions = ['IPV4_ONLY', 'IPV6_ONLY', 'IPV4_AND_IPV6'];

const commonFields = [
  'id',
  'name',
  'type',
  'description',
  'overridable',
  'overrides',
  'overrideTargetId',
  'version',
];
const ownFields: Readonly<Record<string, readonly string[]>> = {
  FQDN: ['value', 'dnsResolution'],
  NetworkGroup: ['objects', 'literals'],
};

/** Hosts, networks, ranges, FQDNs and network groups: lists, single objects, and their changes. */
export function answerObjects(call: Call, table: Table): Result {
  const { request, parts } = call;
  const id = parts[2];
  if (parts[3] !== undefined) throw missing('path');
  if (id === undefined) return answerTable(call, table);
  switch (request.method) {
    case 'GET':
      return { status: 200, body: shown(call, found(table, id)) };
    case 'PUT':
      return { status: 200, body: update(call, table, found(table, id)) };
    case 'DELETE':
      return { status: 200, body: remove(call, table, found(table, id)) };
    default:
      throw unsupported(request.method);
  }
}

function answerTable(call: Call, table: Table): Result {
  const { method } = call.request;
  if (method === 'GET') return { status: 200, body: listed(call, table.rows) };
  if (method === 'POST') return create(call, table);
  if (method === 'DELETE' && isSince(call.manager.settings.release, '7.4.0'))
    return { status: 200, body: removeMany(call, table) };
  throw unsupported(method);
}

/** Hosts, networks, ranges and FQDNs in one list, to be read alone: `object/networkaddresses`. */
export function answerAddresses(call: Call): Result {
  const { request, parts, domain } = call;
  if (request.method !== 'GET') throw unsupported(request.method);
  if (parts[2] !== undefined) throw missing('path');
  const wanted = filters(request.query).get('type')?.toLowerCase();
  const tables = domain.networkTables.filter(
    ({ type }) => type !== 'NetworkGroup' && (wanted ?? type.toLowerCase()) === type.toLowerCase(),
  );
  const rows = tables.flatMap((table) => table.rows);
  return { status: 200, body: listed(call, rows) };
}

export function found(table: Table, id: string): Row {
  const row = table.get(id);
  if (!row) throw missing('object');
  return row;
}

function listed(call: Call, all: readonly Row[]): JsonObject {
  const rows = chosen(call, all);
  const expanded = isSet(call.request.query.get('expanded'));
  return pageOf(call, rows, (row) => (expanded ? shown(call, row) : brief(call, row)));
}

function chosen(call: Call, all: readonly Row[]): readonly Row[] {
  const wanted = filters(call.request.query);
  const text = wanted.get('nameOrValue');
  const ids = wanted.get('ids')?.split(',');
  return all.filter(
    (row) =>
      (text === undefined || row.name.includes(text) || textOf(row.fields['value']).includes(text)) &&
      (ids === undefined || ids.includes(row.id)) &&
      (wanted.get('unusedOnly') !== 'true' || call.domain.usersOf(row.id).length === 0),
  );
}

function create(call: Call, table: Table): Result {
  const { bulk, list } = bodies(call);
  // All or nothing: everything is checked before anything is stored.
  const rows = list.map((body, index) => about(bulk ? index : undefined, () => rowOf(call, table, body)));
  refuseTwins(call, rows);
  for (const row of rows) table.put(row);
  const items = rows.map((row) => shown(call, row));
  return { status: 201, body: bulk ? { links: { self: call.request.path }, items } : (items[0] ?? {}) };
}

/** PUT replaces the object; `action=add` and `action=remove` change the members of a group from 7.2 on. */
function update(call: Call, table: Table, row: Row): JsonObject {
  if (row.system) throw invalid('System defined objects cannot be changed.');
  const body = objectBody(call);
  if (textOf(body['id']) !== row.id) throw invalid('The id of the payload does not match the path.');
  const fresh = rowOf(call, table, body, row);
  table.put(fresh);
  markDevices(call, row.id);
  return shown(call, fresh);
}

function remove(call: Call, table: Table, row: Row): JsonObject {
  refuseKept(call, row);
  table.delete(row);
  return shown(call, row);
}

/** From 7.4. Assumption: all or nothing, and never without a filter. */
function removeMany(call: Call, table: Table): JsonObject {
  const { query, path } = call.request;
  if (!isSet(query.get('bulk')) || filters(query).size === 0)
    throw invalid('bulk=true and a filter are required.');
  const rows = chosen(call, table.rows);
  for (const row of rows) refuseKept(call, row);
  return { links: { self: path }, items: rows.map((row) => remove(call, table, row)) };
}

function refuseKept({ domain }: Call, row: Row): void {
  if (row.system) throw invalid('System defined objects cannot be deleted.');
  if (domain.usersOf(row.id).length > 0)
    throw invalid(`Object in use: ${row.name} is referenced and cannot be deleted.`);
}

/** Two of one name in the same body. */
export function refuseTwins(call: Call, rows: readonly Row[]): void {
  const names = rows.map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) throw Object.assign(duplicate(call, name), { index });
}

function markDevices({ domain }: Call, id: string): void {
  if (domain.isInPolicy(id)) domain.outOfDate = true;
}

function rowOf(call: Call, table: Table, body: JsonObject, before?: Row): Row {
  refuseUnknown(call, body, [...commonFields, ...(ownFields[table.type] ?? ['value'])]);
  const name = textOf(body['name']);
  if (!nameForm.test(name))
    throw invalid('Invalid name: at most 64 letters, digits and . _ - + are allowed.');
  const type = body['type'];
  if (type !== undefined && type !== table.type) throw invalid(`Invalid type, expected ${table.type}.`, 422);
  const description = textOf(body['description']).trim();
  if (description.length > 255) throw invalid('The description is longer than 255 characters.');
  refuseTaken(call, table, { name, id: before?.id });
  return {
    id: before?.id ?? call.manager.newId(),
    name,
    user: call.user,
    timestamp: Date.now(),
    system: false,
    fields: {
      name,
      type: table.type,
      ...(description === '' ? {} : { description }),
      overridable: body['overridable'] === true,
      ...valueFields(call, table, { body, before }),
    },
  };
}

function valueFields(
  call: Call,
  table: Table,
  { body, before }: { body: JsonObject; before: Row | undefined },
): JsonObject {
  if (table.type === 'NetworkGroup') return checkGroup(call, body, before);
  const value = textOf(body['value']);
  if (!valueForms[table.type]?.(value)) throw invalid(`Invalid value for ${table.type}.`);
  if (table.type !== 'FQDN') return { value };
  const dnsResolution = textOf(body['dnsResolution']);
  if (!resolutions.includes(dnsResolution)) throw invalid('Invalid dnsResolution for FQDN.');
  return { value, dnsResolution };
}

function refuseTaken(call: Call, table: Table, { name, id }: { name: string; id: string | undefined }): void {
  const { networkNames, nameCase } = call.manager.settings.behaviour;
  const tables = networkNames === 'shared' ? call.domain.networkTables : [table];
  const taken = tables.some((one) => {
    const other = one.inWayOf(name, nameCase);
    return other !== undefined && other.id !== id;
  });
  if (taken) throw duplicate(call, name);
}

export function duplicate({ manager }: Call, name: string): Refusal {
  const { duplicateStatus } = manager.settings.behaviour;
  return invalid(`Duplicate Name: an object with the name ${name} already exists.`, duplicateStatus);
}
