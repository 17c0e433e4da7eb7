import { type Call, bodies, brief, isSet, objectBody, refuseUnknown, type Result, shown } from './call.ts';
import { chosen, dynamicObject } from './dynamic-object.ts';
import { answerMappings } from './mappings.ts';
import { duplicate, refuseTwins } from './objects.ts';
import { pageOf } from './pages.ts';
import { about, invalid, type JsonObject, missing, textOf, unsupported } from './refusal.ts';
import type { Row, Table } from './table.ts';

const nameForm = /^[A-Za-z0-9_.+-][A-Za-z0-9_.+ -]{0,127}$/;

const fieldsKnown = ['id', 'name', 'type', 'description', 'objectType', 'agentId', 'topicName', 'version'];

/** Dynamic objects with their mappings: `object/dynamicobjects`. */
export function answerDynamicObjects(call: Call): Result {
  const { request, parts, domain } = call;
  const table = domain.table('object/dynamicobjects');
  const key = parts[2];
  if (key === undefined) return answerTable(call, table);
  const row = dynamicObject(call, { id: key, name: key });
  if (parts[3] === 'mappings') return answerMappings(call, row);
  if (parts[3] !== undefined) throw missing('path');
  switch (request.method) {
    case 'GET':
      return { status: 200, body: withCount(call, row) };
    case 'PUT':
      return { status: 200, body: update(call, table, row) };
    case 'DELETE':
      return { status: 200, body: remove(call, table, row) };
    default:
      throw unsupported(request.method);
  }
}

function answerTable(call: Call, table: Table): Result {
  switch (call.request.method) {
    case 'GET':
      return { status: 200, body: list(call) };
    case 'POST':
      return create(call, table);
    case 'DELETE':
      return { status: 200, body: removeMany(call, table) };
    default:
      throw unsupported(call.request.method);
  }
}

function list(call: Call): JsonObject {
  const texts = call.manager.settings.behaviour.pagingNumbers === 'texts';
  const expanded = isSet(call.request.query.get('expanded'));
  return pageOf(call, chosen(call), (row) => (expanded ? withCount(call, row) : brief(call, row)), texts);
}

function withCount(call: Call, row: Row): JsonObject {
  const counted = isSet(call.request.query.get('includeCount'));
  const mappingsCount = call.domain.mappings.get(row.id)?.size ?? 0;
  return shown(call, row, counted ? { mappingsCount } : {});
}

function create(call: Call, table: Table): Result {
  const { bulk, list } = bodies(call);
  const rows = list.map((body, index) => about(bulk ? index : undefined, () => rowOf(call, table, body)));
  refuseTwins(call, rows);
  for (const row of rows) {
    table.put(row);
    call.domain.mappings.set(row.id, new Set());
  }
  const items = rows.map((row) => shown(call, row));
  return { status: 201, body: bulk ? { links: { self: call.request.path }, items } : (items[0] ?? {}) };
}

function update(call: Call, table: Table, row: Row): JsonObject {
  const body = objectBody(call);
  if (textOf(body['id']) !== row.id) throw invalid('The id of the payload does not match the path.');
  const fresh = rowOf(call, table, body, row);
  table.put(fresh);
  return shown(call, fresh);
}

function remove(call: Call, table: Table, row: Row): JsonObject {
  if (call.domain.usersOf(row.id).length > 0)
    throw invalid(`Object in use: ${row.name} is referenced and cannot be deleted.`);
  table.delete(row);
  call.domain.mappings.delete(row.id);
  return shown(call, row);
}

/** Without a filter it deletes all, as it is described. */
function removeMany(call: Call, table: Table): JsonObject {
  if (!isSet(call.request.query.get('bulk'))) throw invalid('bulk=true is required.');
  const rows = chosen(call);
  const used = rows.find((row) => call.domain.usersOf(row.id).length > 0);
  if (used) throw invalid(`Object in use: ${used.name} is referenced and cannot be deleted.`);
  return { links: { self: call.request.path }, items: rows.map((row) => remove(call, table, row)) };
}

function rowOf(call: Call, table: Table, body: JsonObject, before?: Row): Row {
  refuseUnknown(call, body, fieldsKnown);
  const name = textOf(body['name']);
  if (!nameForm.test(name)) throw invalid('Invalid name of a dynamic object.');
  if (body['objectType'] !== undefined && body['objectType'] !== 'IP')
    throw invalid('objectType must be IP.', 422);
  const description = textOf(body['description']).trim();
  if (description.length > 255) throw invalid('The description is longer than 255 characters.');
  const other = table.inWayOf(name, call.manager.settings.behaviour.nameCase);
  if (other && other.id !== before?.id) throw duplicate(call, name);
  const { agentId, topicName } = body;
  return {
    id: before?.id ?? call.manager.newId(),
    name,
    user: call.user,
    timestamp: Date.now(),
    system: false,
    fields: {
      name,
      type: 'DynamicObject',
      objectType: 'IP',
      ...(description === '' ? {} : { description }),
      ...(agentId === undefined ? {} : { agentId }),
      ...(topicName === undefined ? {} : { topicName }),
    },
  };
}
