import type { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import { isFor, mappingsOf } from './mappings.ts';
import { readQuery, select } from './query.ts';
import {
  invalidData,
  invalidUrl,
  isObject,
  type Json,
  type JsonObject,
  noObject,
  Refusal,
  textOf,
} from './refusal.ts';
import { checkRow } from './row-checks.ts';
import { missingReference, normalRow, rowOf, type TableSchema } from './table.ts';

/** A group, and what stands behind `dynamic_mapping` in the URL. */
export interface MappingTarget {
  adom: Adom;
  schema: TableSchema;
  path: string;
  key: string;
  rest: readonly string[];
}

/**
 * `<group>/dynamic_mapping` (list, add) and `<group>/dynamic_mapping/<device>/<vdom>` (one). Whether members can be added to one below that is
 * in no source, so it is refused.
 */
export function answerMappings(call: Call, target: MappingTarget): Answered {
  const { adom, path, key, rest } = target;
  const by = changer(call);
  const group = rowOf(adom.rows(path, by.session), key);
  const rows = mappingsOf(group);
  const [device, vdom] = rest;
  if (rest.length !== 0 && rest.length !== 2) throw invalidUrl();
  const found = rows.find((one) => isFor(one, device ?? '', vdom ?? ''));
  if (call.method === 'get') {
    if (rest.length === 0) return { data: select(rows, readQuery(call.param)) };
    if (!found) throw noObject();
    const [shown = {}] = select([found], { ...readQuery(call.param), filter: undefined, range: undefined });
    return { data: shown };
  }
  const next = rest.length === 0 ? added(call, target, rows) : changed(call, target, { rows, found });
  checkRow(call, target, { dynamic_mapping: next });
  adom.change(path, new Map([[key, { ...group, dynamic_mapping: next }]]), by);
  return undefined;
}

/** `add` to the list: one row, or several. */
function added(call: Call, target: MappingTarget, rows: readonly JsonObject[]): JsonObject[] {
  if (call.method !== 'add') throw invalidUrl();
  const inputs = [call.param['data'] ?? null].flat().map((input) => mappingRow(target, input));
  for (const input of inputs) {
    const [scope] = scopeOf(target.adom, input);
    if (rows.some((one) => isFor(one, scope.name, scope.vdom)))
      throw new Refusal(call.manager.settings.behaviour.duplicateCode, 'Object already exists');
  }
  return [...rows, ...inputs];
}

function changed(
  call: Call,
  target: MappingTarget,
  { rows, found }: { rows: readonly JsonObject[]; found: JsonObject | undefined },
): JsonObject[] {
  if (call.method === 'delete') {
    if (!found) throw noObject();
    return rows.filter((one) => one !== found);
  }
  if (call.method !== 'set' && call.method !== 'update') throw invalidUrl();
  if (!found && call.method === 'update') throw noObject();
  const [name = '', vdom = ''] = target.rest;
  const data = call.param['data'] ?? null;
  const whole = isObject(data) ? { ...(found ?? { _scope: [{ name, vdom }] }), ...data } : data;
  const row = mappingRow(target, whole);
  return found ? rows.map((one) => (one === found ? row : one)) : [...rows, row];
}

/** Fields as in the group itself; the scope is checked. */
function mappingRow({ adom, schema }: MappingTarget, input: Json): JsonObject {
  const row = normalRow(schema, input);
  scopeOf(adom, row);
  return 'member' in schema.references ? { comment: '', member: [], ...row } : row;
}

/** Devices with their VDOMs. A name alone is a device group, of which this manager has none; a device that is not there is refused. */
function scopeOf(adom: Adom, row: JsonObject): [{ name: string; vdom: string }] {
  const [first] = [row['_scope'] ?? null].flat();
  if (!isObject(first)) throw invalidData('_scope is missing');
  const [name, vdom] = [textOf(first['name']), textOf(first['vdom'])];
  const device = adom.devices.find((one) => one.name === name);
  if (!device?.vdoms.includes(vdom)) throw missingReference(`${name} ${vdom}`);
  return [{ name, vdom }];
}
