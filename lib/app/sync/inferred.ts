import type { Ports } from '../ports.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import type { DirtyRow } from '../state/dirty.ts';
import { lostTables, readPulses } from '../state/pulses.ts';

/** A comparison found that nobody wants the address: all it knows is that a membership is not there. */
export function isInferred(
  row: Pick<DirtyRow, 'cause' | 'witnessed' | 'moved'>,
  wantedBy: string | undefined,
): boolean {
  return wantedBy === undefined && row.cause === 'reconcile' && !row.witnessed && !row.moved;
}

/**
 * What is verified of the clusters, read again after the memberships: a membership that is not there says nothing when its table was lost.
 * Empty while that is so and the sweep has not noticed; afterwards the clusters are unverified themselves until everything was rebuilt.
 */
export async function verifiedNow(
  { tables }: Pick<Ports, 'tables'>,
  clusters: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const lost = lostTables(await readPulses(tables));
  if (lost.some((table) => table !== 'dirty')) return new Map();
  const items = await tables.read(clusters.map(clusterKey));
  return new Map(clusters.map((id, index) => [id, readCluster(items[index]).verifiedShards]));
}
