import { isAddress, isNetwork } from './addresses.ts';
import { type Call, isSet, objectBody, type Result } from './call.ts';
import { chosen, dynamicObject } from './dynamic-object.ts';
import { pageOf } from './pages.ts';
import { invalid, isObject, type Json, type JsonObject, textOf, unsupported } from './refusal.ts';
import type { Row } from './table.ts';

/** `object/dynamicobjects/{id or name}/mappings` */
export function answerMappings(call: Call, row: Row): Result {
  const { request } = call;
  const mappings = mappingsOf(call, row);
  if (request.method === 'GET') {
    const texts = call.manager.settings.behaviour.pagingNumbers === 'texts';
    return { status: 200, body: pageOf(call, [...mappings], (mapping) => ({ mapping }), texts) };
  }
  if (request.method !== 'PUT') throw unsupported(request.method);
  const body = objectBody(call);
  const action = request.query.get('action') ?? 'add';
  const values = action === 'remove_all' ? [...mappings] : valuesOf(body['mappings']);
  if (!['add', 'remove', 'remove_all'].includes(action)) throw invalid('Invalid action.');
  if (action !== 'remove_all') refuseTooMany(call, { addresses: values.length, objects: 1 });
  const [add, remove] = action === 'add' ? [values, []] : [[], values];
  store(call, [change(call, row, { add, remove })]);
  return { status: 200, body };
}

/** `object/dynamicobjectmappings`: mappings of many objects in one call; it is done as a whole or not at all. */
export function answerMappingsOfMany(call: Call): Result {
  const { method, query } = call.request;
  if (method === 'DELETE') return { status: 200, body: clear(call, query) };
  if (method !== 'POST') throw unsupported(method);
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
  const counted = [...changes.values()].map(({ add, remove }) => add.length + remove.length);
  const addresses = counted.reduce((sum, count) => sum + count, 0);
  refuseTooMany(call, { addresses, objects: changes.size });
  store(
    call,
    [...changes].map(([row, values]) => change(call, row, values)),
  );
  return { status: 201, body };
}

function clear(call: Call, query: URLSearchParams): JsonObject {
  if (!isSet(query.get('bulk'))) throw invalid('bulk=true is required.');
  const rows = chosen(call);
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

function refuseTooMany({ manager }: Call, counted: Record<'addresses' | 'objects', number>): void {
  const { limits, behaviour } = manager.settings;
  const { bulk } = limits;
  if (counted[behaviour.mappingEntries] > bulk)
    throw invalid(`The payload holds more than ${bulk} entries.`, 422);
}

/** What an object will hold. No source gives the order of removals and additions. */
function change(call: Call, row: Row, values: { add: string[]; remove: string[] }): [Row, Set<string>] {
  const { behaviour, limits } = call.manager.settings;
  const had = mappingsOf(call, row);
  const [add, remove] = [values.add, values.remove].map((list) =>
    list.map((text) => (behaviour.mappingForm === 'masked' ? masked(text) : text)),
  ) as [string[], string[]];
  const repeated = add.find((text) => had.has(text)) ?? remove.find((text) => !had.has(text));
  if (repeated !== undefined && behaviour.repeatedMapping === 'refused')
    throw invalid(`Mapping ${repeated} cannot be added twice, nor removed when it does not exist.`);
  const fresh = new Set(had);
  if (behaviour.mappingOrder === 'additions') for (const text of add) fresh.add(text);
  for (const text of remove) fresh.delete(text);
  if (behaviour.mappingOrder === 'removals') for (const text of add) fresh.add(text);
  if (fresh.size > limits.mappings && fresh.size > had.size)
    throw invalid(`The maximum number of mappings (${limits.mappings}) is exceeded.`);
  return [row, fresh];
}

function masked(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}

function store({ domain }: Call, changes: readonly [Row, Set<string>][]): void {
  for (const [row, mappings] of changes) domain.mappings.set(row.id, mappings);
}

function mappingsOf({ domain }: Call, row: Row): Set<string> {
  return domain.mappings.get(row.id) ?? new Set();
}
