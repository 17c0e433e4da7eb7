import type { Key, Tables } from '../../core/ports.ts';
import type { Configuration } from '../configuration/model.ts';
import { count } from './items.ts';

/** Groups that left the configuration of a firewall and may still stand on it, until they are retired. */
function leftKey(firewall: string): Key {
  return { table: 'control', pk: `left|${firewall}` };
}

const prefix = 'group ';

/** Groups that a new configuration no longer publishes to a firewall on which the previous one had them. */
export function leaving(previous: Configuration, next: Configuration): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const { name, publish } of Object.values(previous.groups)) {
    for (const { firewall } of publish) {
      const stays = next.groups[name]?.publish.some((target) => target.firewall === firewall) === true;
      if (!stays) result.set(firewall, [...(result.get(firewall) ?? []), name]);
    }
  }
  return result;
}

/** Remembers them, before the new configuration is active. */
export async function noteLeft(
  tables: Tables,
  groups: ReadonlyMap<string, readonly string[]>,
  now: number,
): Promise<void> {
  for (const [firewall, names] of groups) {
    const set = Object.fromEntries(names.map((name) => [`${prefix}${name}`, now]));
    await tables.write({ key: leftKey(firewall), update: { set } });
  }
}

/** Names and since when, whether or not they came back meanwhile. */
export async function readLeft(
  tables: Tables,
  firewalls: readonly string[],
): Promise<{ firewall: string; group: string; since: number }[]> {
  const items = await tables.read(firewalls.map(leftKey));
  return items.flatMap((item, index) =>
    Object.keys(item ?? {})
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({
        firewall: firewalls[index] ?? '',
        group: name.slice(prefix.length),
        since: count(item, name),
      })),
  );
}

/** Nothing of it is there any more. */
export async function forgetLeft(tables: Tables, firewall: string, group: string): Promise<void> {
  await tables.write({ key: leftKey(firewall), update: { remove: [`${prefix}${group}`] } });
}
