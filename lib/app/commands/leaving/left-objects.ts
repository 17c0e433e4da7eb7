import type { ObjectUse } from '../../../core/firewall.ts';
import { foreignRealm } from '../../../core/model/address-group.ts';
import type { Ownership } from '../../../core/plan/ownership.ts';
import type { DevicePorts, Ports } from '../../ports.ts';
import type { ActiveConfiguration } from '../../state/configurations.ts';
import { inParallel } from '../../state/items.ts';
import { readLeft } from '../../state/left.ts';
import { listLedger, objectKey, readObject } from '../../state/ledger.ts';
import { openFirewall, type OpenFirewall } from '../../sync/connect.ts';
import { whoseObject } from '../../sync/whose-object.ts';
import { groupsOn } from '../../targets.ts';
import { fetchersOf } from './fetchers.ts';
import { type Unread, unreadBecause } from '../live.ts';

/** What stands on a firewall for a group, by our record. */
export interface LeftObject {
  firewall: string;
  group: string;
  /** Name on the firewall. */
  object: string;
  channel: string;
  /** The security team's object, or our own. */
  offered: boolean;
  members: number;
  /** Since when the configuration does not have it; undefined while it does. */
  since: number | undefined;
}

/** What groups that left the configuration left on the firewalls that it still has. Reads state only. */
export async function leftObjects(ports: Ports, active: ActiveConfiguration): Promise<LeftObject[]> {
  return objectsOf(ports, await leftPlaces(ports, active));
}

/** Groups that left the configuration of firewalls, those that it still has unless others are named, and may stand on them. */
export async function leftPlaces(
  { tables }: Pick<Ports, 'tables'>,
  active: ActiveConfiguration,
  firewalls: readonly string[] = Object.keys(active.configuration.firewalls),
): Promise<{ firewall: string; group: string; since: number }[]> {
  const left = await readLeft(tables, firewalls);
  return left.filter(({ firewall, group }) => !isPublished(active, firewall, group));
}

/** Every realm in which something may have been put on a firewall, also one that the firewall does not list any more. */
export function everyRealmOf({ configuration, clusters }: ActiveConfiguration): string[] {
  const listed = Object.values(configuration.firewalls).flatMap(({ realms }) => realms);
  return [...new Set([...listed, ...[...clusters.values()].map(({ realm }) => realm), foreignRealm])];
}

/** Everything that stands on the firewalls of the configuration: what is kept there, and what was left. */
export async function allObjects(ports: Ports, active: ActiveConfiguration): Promise<LeftObject[]> {
  const kept = Object.keys(active.configuration.firewalls).flatMap((firewall) =>
    groupsOn(active.configuration, firewall).map(({ group }) => ({
      firewall,
      group: group.name,
      since: undefined,
    })),
  );
  return [...(await objectsOf(ports, kept)), ...(await leftObjects(ports, active))];
}

export function isPublished(active: ActiveConfiguration, firewall: string, group: string): boolean {
  const targets = active.configuration.groups[group]?.publish ?? [];
  return targets.some((target) => target.firewall === firewall);
}

async function objectsOf(
  ports: Ports,
  places: readonly { firewall: string; group: string; since: number | undefined }[],
): Promise<LeftObject[]> {
  const items = await ports.tables.read(places.map(({ firewall, group }) => objectKey(firewall, group)));
  const found = await inParallel([...places.entries()], 4, async ([index, place]) => {
    const { object, channel, ownership } = readObject(items[index], ports.clock.now());
    const rows = await listLedger(ports.tables, place.firewall, place.group);
    const members = rows.filter(({ row }) => row.state !== 'absent').length;
    return { ...place, object, channel, offered: ownership === 'offered', members };
  });
  return found.filter(({ object, members }) => object !== '' || members > 0);
}

/** What the firewall says of an object, asked from here. */
export interface LiveUse {
  ownership: Ownership;
  use: ObjectUse;
}

/** Longest a command reads one device. */
const budgetMs = 45_000;

/** Asks each firewall whose the objects are and what uses them. One that cannot be read is a finding, no error. */
export async function usesOf(
  ports: DevicePorts,
  active: ActiveConfiguration,
  objects: readonly LeftObject[],
): Promise<Map<LeftObject, LiveUse | Unread>> {
  const found = new Map<LeftObject, LiveUse | Unread>();
  for (const [firewall, own] of Map.groupBy(objects, (object) => object.firewall)) {
    let open: OpenFirewall | undefined;
    try {
      const deadline = ports.clock.now() + budgetMs;
      open = await openFirewall(ports, active.configuration, { firewall, deadline });
      for (const one of own) found.set(one, await useOf(ports, open, one));
    } catch (error) {
      for (const one of own) if (!found.has(one)) found.set(one, unreadBecause(error));
    } finally {
      await open?.connection.close();
    }
  }
  return found;
}

async function useOf(ports: Ports, open: OpenFirewall, left: LeftObject): Promise<LiveUse> {
  const { group, object: name, channel, offered } = left;
  const create = offered ? 'offered' : 'own';
  const object = { group, name, channel, create } as const;
  const { ownership, renamedTo } = await whoseObject(ports.hub, open, object);
  if (ownership === 'absent') return { ownership, use: { count: 0, users: [] } };
  const use = await open.connection.references({ ...object, name: renamedTo ?? name });
  const fetchers = await fetchersOf(ports, open.settings, { firewall: open.id, object: name });
  return { ownership, use: fetchers.length === 0 ? use : { count: fetchers.length, users: fetchers } };
}
