import { type ClusterState, noteVerified } from '../state/clusters.ts';
import { inParallel } from '../state/items.ts';
import type { IngestContext } from './apply-change.ts';
import { restoreMemberships } from './restore-memberships.ts';
import { livingIn, type ShardRows } from './shard-rows.ts';

/**
 * Notes shards that hold what the agent has as verified. What is verified for the first time, in the epoch or since state was lost, has all
 * its memberships, too: those that are missing are written first.
 */
export async function verifyShards(
  context: IngestContext,
  state: ClusterState,
  equal: ReadonlyMap<number, ShardRows>,
): Promise<void> {
  const fresh = [...equal].filter(([shard]) => !state.verifiedShards.has(String(shard)));
  const whole = await inParallel(fresh, 8, async ([shard, rows]) => {
    const restored = await restoreMemberships(context, livingIn(rows));
    return restored.whole ? [shard] : [];
  });
  await noteVerified(context.ports.tables, context.cluster.id, { state, shards: whole.flat() });
}
