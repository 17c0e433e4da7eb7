import type { Manager } from './manager.ts';
import { isObject, textOf } from './refusal.ts';

/** Stands in a network group of ours that would be empty. */
const placeholder = '192.0.2.0';

/**
 * Addresses that an object of the Global domain stands for, by the manager's own state; undefined when there is no such object. Of a
 * group these are the literals, as they will be on the devices after the next deployment.
 */
export function enforcedAddresses(manager: Manager, channel: string, name: string): string[] | undefined {
  const { global } = manager;
  if (channel === 'dynamic') {
    const row = global.table('object/dynamicobjects').named(name);
    return row && [...(global.mappings.get(row.id) ?? [])];
  }
  const row = global.table('object/networkgroups').named(name);
  if (!row) return undefined;
  const { literals } = row.fields;
  const list = Array.isArray(literals) ? literals.filter((one) => isObject(one)) : [];
  return list.map(({ value }) => textOf(value)).filter((value) => value !== placeholder);
}
