import { shardCount } from '../../core/model/endpoint.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type ClusterState, readCluster } from '../state/clusters.ts';
import { type DirtyRow, dirtyKey } from '../state/dirty.ts';
import { inParallel, text } from '../state/items.ts';
import { anyMember, type Member } from '../state/memberships.ts';
import { lookForLoss, tablesOfClusters } from '../state/pulses.ts';

/**
 * Nobody wants the address, and whoever marked it did not say so: a comparison, or somebody who only asked to look. All that is known is that
 * a membership is not there.
 */
export function isInferred(
  { cause, moved, source, witnessed }: Pick<DirtyRow, 'cause' | 'moved' | 'source' | 'witnessed'>,
  wantedBy: string | undefined,
): boolean {
  if (wantedBy !== undefined || witnessed || moved || cause === 'configuration') return false;
  return cause === 'reconcile' || source === undefined;
}

/** What is known of clusters at one moment. */
interface Standing {
  /** A table is lost and the sweep has not noticed. */
  lost: boolean;
  clusters: ReadonlyMap<string, ClusterState>;
  /** Keys of dirty rows that were marked again, or settled, since they were read. */
  markedAgain: ReadonlySet<string>;
}

/**
 * The pulses first: a sweep that notices a loss in between leaves the clusters unverified before it mends the pulses. `leaving`: dirty rows of
 * which no membership was found. One that was marked again since it was read may have lost it by what it does not tell.
 */
export async function readStanding(
  { tables }: Pick<Ports, 'tables'>,
  clusters: readonly string[],
  leaving: readonly DirtyRow[],
): Promise<Standing> {
  const keys = [...clusters.map(clusterKey), ...leaving.map(({ firewall, key }) => dirtyKey(firewall, key))];
  const { lost, beside } = await lookForLoss(tables, tablesOfClusters, keys);
  const isOther = ({ mark }: DirtyRow, index: number): boolean =>
    (text(beside[clusters.length + index], 'mark') ?? '') !== mark;
  return {
    lost,
    clusters: new Map(clusters.map((id, index) => [id, readCluster(beside[index])])),
    markedAgain: new Set(leaving.filter(isOther).map(({ key }) => key)),
  };
}

/**
 * Clusters whose endpoints may have memberships that are not there, because state was lost: all while the sweep has not noticed, then those
 * that were not compared again as a whole, and those where it was lost between the two looks. What a watch told, too, was told before the
 * loss, or of one of several endpoints.
 */
export function beingRebuilt(
  before: ReadonlyMap<string, ClusterState>,
  after: Omit<Standing, 'markedAgain'>,
): (cluster: string | undefined) => boolean {
  return (cluster) => {
    const state = cluster === undefined ? undefined : after.clusters.get(cluster);
    if (after.lost || !state || cluster === undefined) return after.lost;
    const known = before.get(cluster)?.losses === state.losses;
    return !known || (state.losses > 0 && state.verifiedShards.size < shardCount);
  };
}

/**
 * Looks for the memberships again, between two looks at what is verified: one that is not there says something only when everything was
 * verified before it was looked for, and its table was not lost since. A run may stand still between any two reads.
 */
export async function lookForSure(
  ports: Pick<Ports, 'tables'>,
  known: { clusters: readonly string[]; leaving: readonly DirtyRow[] },
  keys: readonly string[],
): Promise<{
  members: Map<string, Member | undefined>;
  verified: Map<string, ReadonlySet<string>>;
  /** Whether memberships may be missing of endpoints of a cluster; of any of these clusters, when it is not known which. */
  isRebuilt: (cluster: string | undefined) => boolean;
  after: Standing;
}> {
  const { clusters, leaving } = known;
  const before = await readStanding(ports, clusters, []);
  const found = await inParallel(keys, 32, (key) => anyMember(ports.tables, key));
  const after = await readStanding(ports, clusters, leaving);
  const members = new Map(keys.map((key, index) => [key, found[index]]));
  const both = (id: string): ReadonlySet<string> =>
    new Set([...verifiedIn(before, id)].filter((shard) => verifiedIn(after, id).has(shard)));
  const ofOne = beingRebuilt(before.clusters, after);
  const isRebuilt = (cluster: string | undefined): boolean =>
    cluster === undefined ? ofOne(undefined) || clusters.some(ofOne) : ofOne(cluster);
  return { members, verified: new Map(clusters.map((id) => [id, both(id)])), isRebuilt, after };
}

function verifiedIn({ lost, clusters }: Standing, id: string): ReadonlySet<string> {
  return lost ? new Set() : (clusters.get(id)?.verifiedShards ?? new Set());
}
