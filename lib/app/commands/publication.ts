import { publicationOf, type Publication } from '../../core/plan/rollout.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { type DirtyRow, dirtyBuckets, readDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import type { LedgerEntry } from '../state/ledger.ts';

/** How many firewalls of a group have it as it should be, by our record. */
export interface GroupPublication extends Publication {
  group: string;
  consistency: 'each' | 'all';
}

/** What is known of one group on one firewall. */
export interface PlaceRecord {
  group: string;
  firewall: string;
  /** Oldest row of the ledger that is not as it should be. */
  unsettledSince: number | undefined;
}

const dirtySample = 1_000;

/** By group: how many of its firewalls have it. Targets in mode `observe` do not count; what is withheld by hand does, as missing. */
export async function publications(
  ports: Ports,
  active: ActiveConfiguration,
  places: readonly PlaceRecord[],
): Promise<GroupPublication[]> {
  const firewalls = [...new Set(places.map(({ firewall }) => firewall))];
  const dirty = new Map(
    await inParallel(
      firewalls,
      8,
      async (firewall) => [firewall, await dirtyTimes(ports, firewall)] as const,
    ),
  );
  return [...Map.groupBy(places, ({ group }) => group)].flatMap(([name, own]) => {
    const group = active.configuration.groups[name];
    if (!group) return [];
    const written = own.filter(({ firewall }) =>
      group.publish.some((target) => target.firewall === firewall && target.mode !== 'observe'),
    );
    const standing = written.map(({ firewall, unsettledSince: since }) => ({
      firewall,
      outstandingSince: oldest([dirty.get(firewall)?.get(name), since]),
    }));
    return [{ group: name, consistency: group.consistency ?? 'each', ...publicationOf(standing) }];
  });
}

/** Oldest dirty row of each group on a firewall, of those that one page shows. */
export async function dirtyTimes(ports: Ports, firewall: string): Promise<Map<string, number>> {
  const buckets = Array.from({ length: dirtyBuckets }, (_, bucket) => bucket);
  const pages = await inParallel(buckets, dirtyBuckets, (bucket) =>
    readDirty(ports.tables, firewall, bucket, dirtySample),
  );
  const times = new Map<string, number>();
  for (const { group, time } of pages.flatMap(({ rows }): DirtyRow[] => rows))
    times.set(group, Math.min(time, times.get(group) ?? time));
  return times;
}

/** Since when something of a group is held, open, refused or withheld on a firewall. */
export function unsettledSince(rows: readonly LedgerEntry[]): number | undefined {
  return oldest(rows.map(rowSince));
}

function rowSince({ row }: LedgerEntry): number | undefined {
  if (row.held) return row.held.since;
  const open = row.state === 'pending' || row.state === 'unknown';
  return open || row.failed || row.withheldFor !== undefined ? row.changedAt : undefined;
}

function oldest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
