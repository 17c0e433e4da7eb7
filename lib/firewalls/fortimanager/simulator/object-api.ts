import { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import { answerScope, scopeField } from './install-on.ts';
import { answerMappings, type MappingTarget } from './mapping-api.ts';
import { hasMappings, renamedIn } from './mappings.ts';
import { readQuery, select } from './query.ts';
import {
  invalidData,
  invalidUrl,
  isObject,
  type Json,
  type JsonObject,
  noObject,
  noPermission,
  Refusal,
  textOf,
} from './refusal.ts';
import { checkRow, refuseTooMany } from './row-checks.ts';
import { assignedIn, holdsRules, nextId, tableParts } from './rule-tables.ts';
import { listOf, missingReference, normalRow, rowOf, shownRow, type TableSchema } from './table.ts';

interface Target {
  adom: Adom;
  schema: TableSchema;
  path: string;
  key: string | undefined;
  /** A list field of the row, such as `member`. */
  child: string | undefined;
}

/** `/pm/config/adom/<adom>/obj/<table>`, and the tables of rules below `pkg/<package>/` and `pblock/<block>/`. */
export function answerObjects(call: Call, adom: Adom, rest: readonly string[]): Answered {
  if (rest.length === 0 && call.method === 'get') {
    const { options } = readQuery(call.param);
    return options.includes('devinfo') ? { data: { uuid: `rev-${adom.revision}` } } : undefined;
  }
  const mapping = mappingTarget(adom, rest);
  if (call.method !== 'get' && !call.manager.settings.mayWriteObjects) throw noPermission();
  if (mapping) {
    const answered = answerMappings(call, mapping);
    if (call.method !== 'get')
      call.manager.commits.append({ what: `${call.method} ${mapping.path}/${mapping.key}/dynamic_mapping` });
    return answered;
  }
  const target = targetOf(adom, rest);
  if (call.method === 'get') return { data: read(call, target) };
  // Assumption: the refusal; only an assignment from the global ADOM changes these.
  if (assignedIn(target.path) !== undefined) throw noPermission();
  const answer = target.child === undefined ? write(call, target) : writeChild(call, target);
  call.manager.commits.append({ what: `${call.method} ${target.path}/${target.key ?? ''}` });
  return answer;
}

/** `obj/firewall/addrgrp/<group>/dynamic_mapping...`. */
function mappingTarget(adom: Adom, rest: readonly string[]): MappingTarget | undefined {
  const [kind, first, second, key, word, ...more] = rest;
  const path = `${first}/${second}`;
  const schema = Adom.schema(path);
  if (kind !== 'obj' || word !== 'dynamic_mapping' || !schema || !hasMappings(path)) return undefined;
  return { adom, schema, path, key: key ?? '', rest: more };
}

function targetOf(adom: Adom, rest: readonly string[]): Target {
  const length = tableParts(rest);
  const path = rest.slice(rest[0] === 'obj' ? 1 : 0, length).join('/');
  const schema = Adom.schema(path);
  if (!schema || !adom.has(path) || rest.length > length + 2) throw invalidUrl();
  const [key, child] = rest.slice(length);
  const isChild =
    child === undefined || child in schema.references || (child === scopeField && holdsRules(path));
  if (!isChild) throw invalidUrl();
  return { adom, schema, path, key, child };
}

function read(call: Call, { adom, schema, path, key, child }: Target): Json {
  const rows = adom.rows(path, changer(call).session);
  const query = readQuery(call.param);
  if (query.options.includes('syntax'))
    return { [path]: { alimit: call.manager.settings.limits.addresses, mkey: schema.key } };
  if (key !== undefined) {
    const row = rowOf(rows, key);
    if (child === scopeField) return answerScope(call, { adom, path, key })?.data ?? [];
    if (child !== undefined) return listOf(row, child);
    const [shown = {}] = select([full(call, schema, row)], {
      ...query,
      filter: undefined,
      range: undefined,
    });
    return query.options.includes('get used')
      ? { ...shown, 'obj flags': adom.usersOf(path, key, changer(call).session).length > 0 ? 1 : 0 }
      : shown;
  }
  const found = select(
    [...rows.values()].map((row) => full(call, schema, row)),
    query,
  );
  return query.options.includes('count') ? found.length : found;
}

/** All fields; rows below it only where they are asked for. */
function full({ param, verbose }: Call, schema: TableSchema, row: JsonObject): JsonObject {
  const {
    dynamic_mapping: mappings = null,
    [scopeField]: scope,
    ...plain
  } = shownRow(schema, { ...schema.defaults, ...row }, verbose);
  const wantsScope = scope !== undefined && readQuery(param).options.includes(scopeField);
  const shown = wantsScope ? { ...plain, [scopeField]: scope } : plain;
  if (!hasMappings(schema.path) || param['loadsub'] === 0) return shown;
  return { ...shown, dynamic_mapping: mappings };
}

function write(call: Call, target: Target): Answered {
  const { data } = call.param;
  switch (call.method) {
    case 'add':
    case 'set':
    case 'update':
    case 'replace': {
      const inputs: Json[] = Array.isArray(data) ? data : [data ?? null];
      const changes = new Map<string, JsonObject | undefined>();
      for (const input of inputs) {
        const [key, row] = changed(call, target, input);
        changes.set(key, row);
      }
      target.adom.change(target.path, changes, changer(call));
      const [first] = changes.keys();
      return { data: { [target.schema.key]: first ?? '' } };
    }
    case 'delete':
      remove(call, target);
      return undefined;
    default:
      throw invalidUrl();
  }
}

function changed(call: Call, target: Target, input: Json): [string, JsonObject] {
  const { adom, schema, path } = target;
  const by = changer(call);
  const rows = adom.rows(path, by.session);
  const sent = normalRow(schema, input);
  const named = target.key ?? sent[schema.key];
  const key =
    named === undefined && schema.key === 'policyid' ? textOf(nextId(path, rows.size)) : textOf(named ?? '');
  if (key === '') throw invalidData(`${schema.key} is missing`);
  const before = rows.get(key);
  if (call.method === 'add' && before)
    throw new Refusal(call.manager.settings.behaviour.duplicateCode, 'Object already exists');
  if ((call.method === 'update' || call.method === 'replace') && !before) throw noObject();
  if (!before && rows.size >= call.manager.settings.limits.addresses)
    throw new Refusal(-1, 'Maximum number of entries has been reached');
  const kept = call.method === 'replace' ? {} : before;
  const row = { ...kept, ...sent, [schema.key]: sent[schema.key] ?? key };
  checkRow(call, target, row);
  return [key, row];
}

/** `confirm: 1` on a table empties it, as far as nothing refers to its rows. */
function remove(call: Call, { adom, path, key, schema }: Target): void {
  const by = changer(call);
  const rows = adom.rows(path, by.session);
  const changes = new Map<string, JsonObject | undefined>();
  if (key === undefined) {
    if (call.param['confirm'] !== 1) throw invalidData('confirm is missing');
    const chosen = select([...rows.values()], {
      ...readQuery(call.param),
      fields: undefined,
      range: undefined,
    });
    for (const row of chosen) {
      const name = textOf(row[schema.key]);
      if (adom.usersOf(path, name, by.session).length === 0) changes.set(name, undefined);
    }
  } else {
    rowOf(rows, key);
    const users = adom.usersOf(path, key, by.session);
    if (users.length > 0 && call.param['option'] !== 'force') throw new Refusal(-10015, `used`);
    for (const user of users) replaceByNone(call, adom, user, key);
    changes.set(key, undefined);
  }
  adom.change(path, changes, by);
}

/** What `force` does: whoever used the object uses `none` now. */
function replaceByNone(
  call: Call,
  adom: Adom,
  user: { path: string; key: string; field: string },
  name: string,
): void {
  const by = changer(call);
  const row = rowOf(adom.rows(user.path, by.session), user.key);
  adom.change(user.path, new Map([[user.key, renamedIn(row, user.field, [name, 'none'])]]), by);
}

/** What stands below a row: where it is installed, or names in one of its lists. */
function writeChild(call: Call, target: Target): Answered {
  const { adom, path, key = '', child } = target;
  return child === scopeField ? answerScope(call, { adom, path, key }) : writeMembers(call, target);
}

/** `add`, `delete` and `unset` of names in a list of a row. */
function writeMembers(call: Call, target: Target): Answered {
  const { adom, path, key = '', child = '' } = target;
  const by = changer(call);
  const row = rowOf(adom.rows(path, by.session), key);
  const before = listOf(row, child);
  const { data } = call.param;
  const names = isObject(data) ? [] : [data ?? []].flat().map(textOf);
  const after =
    call.method === 'add'
      ? [...new Set([...before, ...names])]
      : call.method === 'delete'
        ? before.filter((name) => !names.includes(name))
        : call.method === 'unset'
          ? []
          : names;
  if (call.method === 'delete' && !names.some((name) => before.includes(name))) throw noObject();
  const next = { ...row, [child]: after };
  if (call.method === 'add') {
    for (const name of names) if (name === '') throw missingReference(name);
    checkRow(call, target, { [child]: names });
    refuseTooMany(call, target.schema, next);
  }
  adom.change(path, new Map([[key, next]]), by);
  return undefined;
}
