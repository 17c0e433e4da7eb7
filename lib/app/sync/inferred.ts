import { shardCount } from '../../core/model/endpoint.ts';
import type { Tables } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type ClusterState, readCluster } from '../state/clusters.ts';
import type { DirtyRow } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { anyMember, type Member } from '../state/memberships.ts';
import { lostTables, readPulses } from '../state/pulses.ts';

/** A comparison found that nobody wants the address: all it knows is that a membership is not there. */
export function isInferred(
  row: Pick<DirtyRow, 'cause' | 'witnessed' | 'moved'>,
  wantedBy: string | undefined,
): boolean {
  return wantedBy === undefined && row.cause === 'reconcile' && !row.witnessed && !row.moved;
}

/**
 * Clusters whose endpoints may have memberships that are not there, because state was lost: all while the sweep has not noticed, then those
 * that were not compared again as a whole. What a watch told, too, was told before the loss, or of one of several endpoints.
 */
export async function beingRebuilt(
  { tables }: Pick<Ports, 'tables'>,
  clusters: ReadonlyMap<string, ClusterState>,
): Promise<(cluster: string | undefined) => boolean> {
  const lost = lostTables(await readPulses(tables)).some((table) => table !== 'dirty');
  return (cluster) => {
    const state = cluster === undefined ? undefined : clusters.get(cluster);
    return lost || (state !== undefined && state.losses > 0 && state.verifiedShards.size < shardCount);
  };
}

/**
 * Looks for the memberships again, between two looks at what is verified: one that is not there says something only when everything was
 * verified before it was looked for, and its table was not lost since. A run may stand still between any two reads.
 */
export async function lookForSure(
  { tables }: Pick<Ports, 'tables'>,
  clusters: readonly string[],
  keys: readonly string[],
): Promise<{ members: Map<string, Member | undefined>; verified: Map<string, ReadonlySet<string>> }> {
  const before = await verifiedNow(tables, clusters);
  const found = await inParallel(keys, 32, (key) => anyMember(tables, key));
  const after = await verifiedNow(tables, clusters);
  const members = new Map(keys.map((key, index) => [key, found[index]]));
  const both = (id: string): ReadonlySet<string> =>
    new Set([...(before.get(id) ?? [])].filter((shard) => after.get(id)?.has(shard)));
  return { members, verified: new Map(clusters.map((id) => [id, both(id)])) };
}

/** Nothing while a table is lost and the sweep has not noticed; afterwards the clusters are unverified themselves until everything was rebuilt. */
async function verifiedNow(
  tables: Tables,
  clusters: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const lost = lostTables(await readPulses(tables));
  if (lost.some((table) => table !== 'dirty')) return new Map();
  const items = await tables.read(clusters.map(clusterKey));
  return new Map(clusters.map((id, index) => [id, readCluster(items[index]).verifiedShards]));
}
