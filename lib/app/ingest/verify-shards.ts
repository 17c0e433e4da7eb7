import { isZonebridgeError } from '../../core/errors.ts';
import { type ClusterState, noteVerified } from '../state/clusters.ts';
import type { StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import type { IngestContext } from './apply-change.ts';
import { reevaluate } from './reevaluate.ts';
import { restoreMemberships } from './restore-memberships.ts';
import { livingIn, readShard, type ShardRows } from './shard-rows.ts';

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
    const current = await followGeneration(context, shard, livingIn(rows));
    const restored = await restoreMemberships(context, current);
    return restored.whole ? [shard] : [];
  });
  await noteVerified(context.ports.tables, context.cluster.id, { state, shards: whole.flat() });
}

/** Rows that a backup put back may be of a generation whose walk is long over: what they should be members of is decided anew first. */
async function followGeneration(
  context: IngestContext,
  shard: number,
  living: readonly StoredEndpoint[],
): Promise<readonly StoredEndpoint[]> {
  const behind = living.filter(({ generation }) => generation < context.active.generation);
  if (behind.length === 0) return living;
  await inParallel(behind, 16, async (row) => {
    if (row.record) await reevaluate(context, row, row.record).catch(unlessWritten);
  });
  return livingIn(await readShard(context, shard));
}

/** Somebody else wrote the row meanwhile, and took it further. */
function unlessWritten(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}
