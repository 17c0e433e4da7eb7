import { isObject, type Json, type JsonObject } from '../model.ts';
import { badRequest } from '../refusal.ts';
import { listKey } from './list-keys.ts';

/**
 * A strategic merge patch: like a merge patch, but lists whose members have a key are merged member by member, and
 * directives (`$patch`, `$deleteFromPrimitiveList/...`, `$retainKeys`) say what else happens.
 */
export function strategicPatch(target: JsonObject, patch: JsonObject): JsonObject {
  const { $patch: directive, $retainKeys: retain, ...changes } = patch;
  if (directive === 'replace') return changes;
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  const merged: JsonObject = { ...target };
  if (Array.isArray(retain)) {
    for (const name of Object.keys(merged)) if (!retain.includes(name)) delete merged[name];
  }
  for (const [name, value] of Object.entries(changes)) applyMember(merged, name, value);
  return merged;
}

function applyMember(merged: JsonObject, name: string, value: Json): void {
  const [directive, list] = name.split('/', 2);
  if (directive === '$setElementOrder') return;
  if (directive === '$deleteFromPrimitiveList' && list !== undefined) {
    const gone = Array.isArray(value) ? value : [];
    const old = merged[list];
    merged[list] = Array.isArray(old) ? old.filter((one) => !gone.includes(one)) : [];
  } else if (value === null) {
    delete merged[name];
  } else if (Array.isArray(value)) {
    merged[name] = patchList(name, merged[name], value);
  } else if (isObject(value)) {
    const old = merged[name];
    // The whole member is removed when the patch says so from within.
    if (value['$patch'] === 'delete') delete merged[name];
    else merged[name] = strategicPatch(isObject(old) ? old : {}, value);
  } else {
    merged[name] = value;
  }
}

function patchList(name: string, old: Json | undefined, patch: Json[]): Json[] {
  const before = Array.isArray(old) ? old : [];
  if (name === 'finalizers') return [...new Set([...before, ...patch])];
  const replaces = patch.some(
    (one) => isObject(one) && one['$patch'] === 'replace' && Object.keys(one).length === 1,
  );
  const members = patch.filter((one) => !(isObject(one) && one['$patch'] === 'replace'));
  const key = listKey(name, [...before, ...members]);
  if (replaces || key === undefined) return members;
  if (old === undefined) return members.filter((one) => !(isObject(one) && one['$patch'] === 'delete'));
  return merged(key, before, members);
}

/** Each member with the one of its key; what is new stands in front of what the patch does not name. */
function merged(key: string, before: readonly Json[], patch: readonly Json[]): Json[] {
  const keyOf = (member: Json): Json | undefined => (isObject(member) ? member[key] : undefined);
  const place = new Map(before.map((member, index) => [keyOf(member), index]));
  const named = new Set<Json | undefined>();
  const changed: Json[] = [];
  for (const member of patch) {
    const name = keyOf(member);
    if (!isObject(member) || name === undefined) {
      throw badRequest(`map: ${JSON.stringify(member)} does not contain declared merge key: ${key}`);
    }
    named.add(name);
    if (member['$patch'] === 'delete') continue;
    const old = before[place.get(name) ?? -1];
    changed.push(isObject(old) ? strategicPatch(old, member) : member);
  }
  const result: Json[] = [];
  for (const [index, member] of before.entries()) {
    if (named.has(keyOf(member))) continue;
    // What stood before this one stays before it, and so does what is new.
    while (changed[0] !== undefined && (place.get(keyOf(changed[0])) ?? -1) < index)
      result.push(changed.shift() ?? null);
    result.push(member);
  }
  return [...result, ...changed];
}
