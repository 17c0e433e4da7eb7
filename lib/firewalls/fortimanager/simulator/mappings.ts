import { type JsonObject, isObject, textOf } from './refusal.ts';
import { interfaceTable, listOf } from './table.ts';

/** Tables of the simulator whose rows may differ by device. */
const mapped = new Set(['firewall/addrgrp', 'firewall/addrgrp6', interfaceTable]);

export function hasMappings(path: string): boolean {
  return mapped.has(path);
}

/** Rows of `dynamic_mapping` of a group. */
export function mappingsOf(row: JsonObject | undefined): JsonObject[] {
  const rows = row?.['dynamic_mapping'];
  return Array.isArray(rows) ? rows.filter(isObject) : [];
}

/** Whether a mapping is for a device: a row of `_scope` names it with its VDOM. */
export function isFor(mapping: JsonObject, device: string, vdom: string): boolean {
  const scope = mapping['_scope'];
  return (
    Array.isArray(scope) &&
    scope.some((one) => isObject(one) && textOf(one['name']) === device && textOf(one['vdom']) === vdom)
  );
}

/** A group as an install brings it to a device: what its mapping says in place of its own fields. */
export function onDevice(row: JsonObject | undefined, device: string, vdom: string): JsonObject | undefined {
  if (!row || !('dynamic_mapping' in row)) return row;
  const { dynamic_mapping: _, ...own } = row;
  const { _scope, ...instead } = mappingsOf(row).find((one) => isFor(one, device, vdom)) ?? {};
  return { ...own, ...instead };
}

/** All rows that name others: the row itself, and its mappings. */
export function naming(row: JsonObject): JsonObject[] {
  return [row, ...mappingsOf(row)];
}

/** The row with another name in place of one, in its mappings, too. */
export function renamedIn(row: JsonObject, field: string, [from, to]: [string, string]): JsonObject {
  const instead = (one: JsonObject): JsonObject => ({
    ...one,
    [field]: listOf(one, field).map((name) => (name === from ? to : name)),
  });
  const changed = instead(row);
  const rows = mappingsOf(row);
  return rows.length === 0 ? changed : { ...changed, dynamic_mapping: rows.map(instead) };
}
