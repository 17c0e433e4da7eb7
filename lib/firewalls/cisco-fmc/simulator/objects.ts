import { isAddress, isNetwork, isRange } from './addresses.ts';
import { type Call, bodies, brief, filters, isSet, objectBody, type Result, shown } from './call.ts';
import { checkGroup } from './groups.ts';
import { pageOf } from './pages.ts';
import { invalid, type JsonObject, missing, Refusal, textOf } from './refusal.ts';
import type { Row, Table } from './table.ts';

/** Assumption: letters, digits and these signs for all network objects; no source lists what is refused. */
const nameForm = /^[A-Za-z0-9_.+-][A-Za-z0-9_.+ -]{0,63}$/;

const valueForms: Readonly<Record<string, (value: string) => boolean>> = {
  Host: isAddress,
  Network: isNetwork,
  Range: isRange,
  FQDN: (value) => /^[a-z0-9.-]+$/i.test(value),
};

/** Hosts, networks, ranges, FQDNs and network groups: lists, single objects, and their changes. */
export function answerObjects(call: Call, table: Table): Result {
  const { request, parts } = call;
  const id = parts[2];
  switch (request.method) {
    case 'GET':
      return { status: 200, body: id === undefined ? list(call, table) : shown(call, found(table, id)) };
    case 'POST':
      return create(call, table);
    case 'PUT':
      return { status: 200, body: update(call, table, found(table, id ?? '')) };
    case 'DELETE':
      return { status: 200, body: remove(call, table, found(table, id ?? '')) };
    default:
      throw new Refusal(405, `${request.method} is not supported.`, 'FRAMEWORK');
  }
}

export function found(table: Table, id: string): Row {
  const row = table.get(id);
  if (!row) throw missing('object');
  return row;
}

function list(call: Call, table: Table): JsonObject {
  const wanted = filters(call.request.query);
  const text = wanted.get('nameOrValue');
  const ids = wanted.get('ids')?.split(',');
  const rows = table.rows.filter(
    (row) =>
      (text === undefined || row.name.includes(text) || textOf(row.fields['value']).includes(text)) &&
      (ids === undefined || ids.includes(row.id)) &&
      (wanted.get('unusedOnly') !== 'true' || call.domain.usersOf(row.id).length === 0),
  );
  const expanded = isSet(call.request.query.get('expanded'));
  return pageOf(call, rows, (row) => (expanded ? shown(call, row) : brief(call, row)));
}

function create(call: Call, table: Table): Result {
  const { bulk, list } = bodies(call);
  // All or nothing: everything is checked before anything is stored.
  const rows = list.map((body) => rowOf(call, table, body));
  const names = rows.map(({ name }) => name);
  if (new Set(names).size < names.length) throw duplicate(call, names[0] ?? '');
  for (const row of rows) table.put(row);
  const items = rows.map((row) => shown(call, row));
  return { status: 201, body: bulk ? { links: { self: call.request.path }, items } : (items[0] ?? {}) };
}

/** PUT replaces the object; `action=add` and `action=remove` change the members of a group from 7.2 on. */
function update(call: Call, table: Table, row: Row): JsonObject {
  if (row.system) throw new Refusal(400, 'System defined objects cannot be changed.', 'VALIDATION');
  const body = objectBody(call);
  if (textOf(body['id']) !== row.id) throw invalid('The id of the payload does not match the path.');
  const fresh = rowOf(call, table, body, row);
  table.put(fresh);
  markDevices(call, row.id);
  return shown(call, fresh);
}

function remove(call: Call, table: Table, row: Row): JsonObject {
  if (row.system) throw new Refusal(400, 'System defined objects cannot be deleted.', 'VALIDATION');
  if (call.domain.usersOf(row.id).length > 0)
    throw invalid(`Object in use: ${row.name} is referenced and cannot be deleted.`);
  table.delete(row);
  return shown(call, row);
}

function markDevices({ domain }: Call, id: string): void {
  if (domain.isInPolicy(id)) domain.outOfDate = true;
}

function rowOf(call: Call, table: Table, body: JsonObject, before?: Row): Row {
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
  const { dnsResolution } = body;
  return { value, ...(dnsResolution === undefined ? {} : { dnsResolution }) };
}

function refuseTaken(call: Call, table: Table, { name, id }: { name: string; id: string | undefined }): void {
  const { networkNames } = call.manager.settings.behaviour;
  const tables = networkNames === 'shared' ? call.domain.networkTables : [table];
  const taken = tables.some((one) => {
    const other = one.named(name);
    return other !== undefined && other.id !== id;
  });
  if (taken) throw duplicate(call, name);
}

export function duplicate({ manager }: Call, name: string): Refusal {
  const { duplicateStatus } = manager.settings.behaviour;
  return invalid(`Duplicate Name: an object with the name ${name} already exists.`, duplicateStatus);
}
