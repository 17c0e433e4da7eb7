import { isAddress, isNetwork } from './addresses.ts';
import type { Call } from './call.ts';
import { invalid, isObject, type Json, type JsonObject, textOf } from './refusal.ts';
import type { Row } from './table.ts';
import { isSince } from './version.ts';

/** The members of a network group as they will be stored. Throws what the manager refuses. */
export function checkGroup(call: Call, body: JsonObject, before: Row | undefined): JsonObject {
  const given = {
    objects: references(call, body['objects'], before?.id),
    literals: literals(body['literals']),
  };
  const { objects, literals: values } = combined(call, given, before);
  const { limits, behaviour } = call.manager.settings;
  if (values.length > limits.literals)
    throw invalid(`The maximum number of literals (${limits.literals}) is exceeded.`);
  if (objects.length + values.length === 0 && behaviour.emptyGroup === 'refused')
    throw invalid('A network group must have at least one object or literal.');
  return {
    ...(objects.length > 0 ? { objects } : {}),
    ...(values.length > 0 ? { literals: values } : {}),
  };
}

interface Members {
  objects: JsonObject[];
  literals: JsonObject[];
}

/** Assumption: `action` came with 7.2; the contracts of 7.0 and 7.1 do not have it, there PUT replaces the group. */
function combined(call: Call, given: Members, before: Row | undefined): Members {
  const action = call.request.query.get('action');
  const known = isSince(call.manager.settings.release, '7.2.0');
  if (!before || action === null || !known) return given;
  const had = { objects: listOf(before.fields['objects']), literals: listOf(before.fields['literals']) };
  const same = (a: JsonObject) => (b: JsonObject) => a['id'] === b['id'] && a['value'] === b['value'];
  const without = (list: JsonObject[], gone: JsonObject[]) => list.filter((one) => !gone.some(same(one)));
  const objects = without(had.objects, given.objects);
  const values = without(had.literals, given.literals);
  if (action === 'remove') return { objects, literals: values };
  if (action !== 'add') throw invalid('action must be add or remove.');
  return { objects: [...objects, ...given.objects], literals: [...values, ...given.literals] };
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isObject(one)) : [];
}

/** Resolved by id; a type that does not fit takes the member out without a word, unless the switch says otherwise. */
function references(call: Call, value: Json | undefined, group: string | undefined): JsonObject[] {
  return listOf(value).flatMap((entry) => {
    const id = textOf(entry['id']);
    const target = call.domain.network(id);
    if (!target) throw invalid(`Invalid object reference ${id}.`);
    const type = textOf(entry['type']);
    if (type !== target.type && type !== 'AnyNonEmptyString') {
      if (call.manager.settings.behaviour.wrongReference === 'refused')
        throw invalid(`Invalid type ${type} of the object reference.`);
      return [];
    }
    if (group !== undefined && reaches(call, id, group)) throw invalid('A group cannot contain itself.');
    return [{ id, name: target.row.name, type: target.type }];
  });
}

function reaches(call: Call, from: string, group: string): boolean {
  if (from === group) return true;
  const inner = call.domain.network(from)?.row.fields['objects'];
  return listOf(inner).some((entry) => reaches(call, textOf(entry['id']), group));
}

/** A single address must come as a Host without a mask. */
function literals(value: Json | undefined): JsonObject[] {
  const seen = new Map<string, JsonObject>();
  for (const entry of listOf(value)) {
    const text = textOf(entry['value']);
    const type = entry['type'] ?? (isAddress(text) ? 'Host' : 'Network');
    const fits = type === 'Host' ? isAddress(text) : type === 'Network' && isNetwork(text);
    if (!fits || /\/(32|128)$/.test(text)) throw invalid(`Invalid literal ${text}.`);
    seen.set(text, { type, value: text });
  }
  return [...seen.values()];
}
