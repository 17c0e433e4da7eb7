import { isFor, mappingsOf } from './mappings.ts';
import { type JsonObject, Refusal, textOf } from './refusal.ts';
import { listOf, type Rows } from './table.ts';

/** Fields of a policy with normalized interfaces: names that each device has its own interface for. */
const fields = ['srcintf', 'dstintf'];

interface Place {
  device: string;
  vdom: string;
}

/** A policy as a device gets it, with interfaces of its own; a name that the device has none for stays. */
export function withLocalInterfaces(policy: JsonObject, interfaces: Rows, place: Place): JsonObject {
  const local = fields
    .filter((field) => field in policy)
    .map((field) => [
      field,
      listOf(policy, field).flatMap((name) => localNames(interfaces.get(name), place) ?? [name]),
    ]);
  return { ...policy, ...Object.fromEntries(local) };
}

/** Throws when a policy names an interface that a device has none for. Assumption: the words; that such an install fails is the point of a mapping. */
export function refuseUnmapped(policy: JsonObject, interfaces: Rows, place: Place): void {
  for (const name of fields.flatMap((field) => listOf(policy, field)))
    if (interfaces.has(name) && !localNames(interfaces.get(name), place))
      throw new Refusal(-1, `interface ${name} is not mapped on ${place.device}`);
}

/** By the mapping of the device, otherwise by the default one. */
function localNames(row: JsonObject | undefined, { device, vdom }: Place): string[] | undefined {
  const mapping = mappingsOf(row).find((one) => isFor(one, device, vdom));
  const own = [mapping?.['local-intf'] ?? []].flat().map(textOf);
  if (own.length > 0) return own;
  return row?.['default-mapping'] === 'enable' ? [textOf(row['defmap-intf'])] : undefined;
}
