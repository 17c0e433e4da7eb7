import type { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import { invalidData, invalidUrl, isObject, type Json, type JsonObject, textOf } from './refusal.ts';
import { missingReference, rowOf } from './table.ts';

/** Where a rule is installed: shown when asked for, and changed below the rule. */
export const scopeField = 'scope member';

interface Place {
  device: string;
  vdom: string;
}

/** Everywhere unless it says where; an empty list is nowhere. */
export function isInstalledOn(rule: JsonObject, place: Place): boolean {
  const scope = rule[scopeField];
  return !Array.isArray(scope) || scope.some((one) => isSame(one, place));
}

function isSame(one: Json, { device, vdom }: Place): boolean {
  return isObject(one) && textOf(one['name']) === device && textOf(one['vdom']) === vdom;
}

/** `.../firewall/policy/<id>/scope member`. */
export function answerScope(
  call: Call,
  { adom, path, key }: { adom: Adom; path: string; key: string },
): Answered {
  const by = changer(call);
  const rule = rowOf(adom.rows(path, by.session), key);
  const before = rule[scopeField];
  const places = Array.isArray(before) ? before : [];
  if (call.method === 'get') return { data: places };
  const sent = placesIn(adom, call.param['data']);
  const left = places.filter((one) => !sent.some((place) => isSame(one, place)));
  const added = sent.map(({ device, vdom }) => ({ name: device, vdom }));
  const after = { add: [...left, ...added], set: added, update: added, delete: left, unset: undefined };
  if (!(call.method in after)) throw invalidUrl();
  const next = after[call.method as keyof typeof after];
  const { [scopeField]: _, ...others } = rule;
  adom.change(path, new Map([[key, next ? { ...others, [scopeField]: next } : others]]), by);
  return undefined;
}

/** Assumption: the refusal of a device that the ADOM does not have. */
function placesIn(adom: Adom, data: Json | undefined): Place[] {
  return [data ?? []].flat().map((one) => {
    if (!isObject(one)) throw invalidData(scopeField);
    const place = { device: textOf(one['name']), vdom: textOf(one['vdom']) };
    const device = adom.devices.find(({ name }) => name === place.device);
    if (!device?.vdoms.includes(place.vdom)) throw missingReference(place.device);
    return place;
  });
}
