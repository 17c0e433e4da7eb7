import { isAddress, isNetwork } from './addresses.ts';
import { type Call, isSet, objectBody, filters, type Result } from './call.ts';
import { dynamicObject } from './dynamic-object.ts';
import { pageOf } from './pages.ts';
import { invalid, isObject, type Json, type JsonObject, Refusal, textOf } from './refusal.ts';
import type { Row } from './table.ts';

/** `object/dynamicobjects/{id or name}/mappings` */
export function answerMappings(call: Call, row: Row): Result {
  const { request, domain } = call;
  const mappings = mappingsOf(call, row);
  if (request.method === 'GET') {
    const texts = call.manager.settings.behaviour.pagingNumbers === 'texts';
    return { status: 200, body: pageOf(call, [...mappings], (mapping) => ({ mapping }), texts) };
  }
  if (request.method === 'DELETE') {
    domain.mappings.set(row.id, new Set());
    return { status: 200, body: { id: row.id, type: 'DynamicObjectMappings' } };
  }
  if (request.method !== 'PUT') throw new Refusal(405, `${request.method} is not supported.`, 'FRAMEWORK');
  const body = objectBody(call);
  const action = request.query.get('action') ?? 'add';
  const values = action === 'remove_all' ? [...mappings] : valuesOf(body['mappings']);
  if (!['add', 'remove', 'remove_all'].includes(action)) throw invalid('Invalid action.');
  const [add, remove] = action === 'add' ? [values, []] : [[], values];
  store(call, [change(call, row, { add, remove })]);
  return { status: 200, body };
}

/** `object/dynamicobjectmappings`: mappings of many objects in one call; it is done as a whole or not at all. */
export function answerMappingsOfMany(call: Call): Result {
  const { method, query } = call.request;
  if (method === 'DELETE') return { status: 200, body: clear(call, query) };
  if (method !== 'POST') throw new Refusal(405, `${method} is not supported.`, 'FRAMEWORK');
  const body = objectBody(call);
  const changes = new Map<Row, { add: string[]; remove: string[] }>();
  for (const list of ['add', 'remove'] as const) {
    for (const entry of Array.isArray(body[list]) ? body[list] : []) {
      if (!isObject(entry) || !isObject(entry['dynamicObject']))
        throw invalid('dynamicObject is missing.', 422);
      const { id, name } = entry['dynamicObject'];
      const row = dynamicObject(call, { id: textOf(id), name: textOf(name) });
      const known = changes.get(row) ?? { add: [], remove: [] };
      known[list].push(...valuesOf(entry['mappings']));
      changes.set(row, known);
    }
  }
  store(
    call,
    [...changes].map(([row, values]) => change(call, row, values)),
  );
  return { status: 201, body };
}

function clear(call: Call, query: URLSearchParams): JsonObject {
  if (!isSet(query.get('bulk'))) throw invalid('bulk=true is required.');
  const wanted = filters(query);
  const rows = call.domain
    .table('object/dynamicobjects')
    .rows.filter(
      ({ id, name, fields }) =>
        (!wanted.has('ids') || wanted.get('ids')?.split(',').includes(id)) &&
        (!wanted.has('nameStartsWith') || name.startsWith(wanted.get('nameStartsWith') ?? '')) &&
        (!wanted.has('agentId') || fields['agentId'] === wanted.get('agentId')),
    );
  const remove = rows.map((row) => {
    const mappings = [...mappingsOf(call, row)];
    call.domain.mappings.set(row.id, new Set());
    return { dynamicObject: { id: row.id, name: row.name, type: 'DynamicObject' }, mappings };
  });
  return { remove };
}

function valuesOf(value: Json | undefined): string[] {
  const values = Array.isArray(value) ? value.map(textOf) : [];
  const wrong = values.find((text) => !isAddress(text) && !isNetwork(text));
  // Ranges and names of hosts are no mappings.
  if (wrong !== undefined)
    throw invalid(`Invalid mapping ${wrong}: an IP address or a CIDR block is expected.`);
  return values;
}

/** What an object will hold. Assumption: what is removed goes before what is added; no source gives the order. */
function change(call: Call, row: Row, values: { add: string[]; remove: string[] }): [Row, Set<string>] {
  const { behaviour, limits } = call.manager.settings;
  const had = mappingsOf(call, row);
  const repeated = values.add.find((text) => had.has(text)) ?? values.remove.find((text) => !had.has(text));
  if (repeated !== undefined && behaviour.repeatedMapping === 'refused')
    throw invalid(`Mapping ${repeated} cannot be added twice, nor removed when it does not exist.`);
  const fresh = new Set(had);
  for (const text of values.remove) fresh.delete(text);
  for (const text of values.add) fresh.add(text);
  if (fresh.size > limits.mappings && fresh.size > had.size)
    throw invalid(`The maximum number of mappings (${limits.mappings}) is exceeded.`);
  return [row, fresh];
}

function store({ domain }: Call, changes: readonly [Row, Set<string>][]): void {
  for (const [row, mappings] of changes) domain.mappings.set(row.id, mappings);
}

function mappingsOf({ domain }: Call, row: Row): Set<string> {
  return domain.mappings.get(row.id) ?? new Set();
}
