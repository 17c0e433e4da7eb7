import type { DigestDetail } from '../../core/model/messages.ts';
import type { ClusterState } from '../state/clusters.ts';
import { inParallel } from '../state/items.ts';
import type { IngestContext } from './apply-change.ts';
import { askManifests, askResend } from './ask-agent.ts';
import { isLastLook, lookAgain, type LookedAt } from './look-again.ts';
import { digestOf, isAfter, livingIn, readShard, type ShardRows } from './shard-rows.ts';
import { verifyShards } from './verify-shards.ts';
import { wakeAll } from './wake-all.ts';

/** `overtaken`: the hub knows something newer of the shard, so the digest cannot be computed here. `empty`: the hub has nothing of it. */
type Verdict = 'equal' | 'differs' | 'overtaken' | 'empty';

/**
 * Compares the digests of an agent with what is stored. A shard that is equal is verified; of one that differs, also after a few looks,
 * the manifest is asked for, and of one that is not there its endpoints. Nothing is ever removed by a digest.
 */
export async function applyDigest(
  context: IngestContext,
  known: { state: ClusterState; detail: DigestDetail },
  event: LookedAt,
): Promise<void> {
  const { detail, state } = known;
  const compared = await inParallel(detail.shards, 8, async (told) => {
    const rows = await readShard(context, told[0], detail);
    return { told, rows, verdict: compare(rows, told, detail) };
  });
  const of = (verdict: Verdict) => compared.filter((one) => one.verdict === verdict);
  const shardsOf = (verdict: Verdict): number[] => of(verdict).map(({ told: [shard] }) => shard);
  const equal = new Map(of('equal').map(({ told: [shard], rows }) => [shard, rows]));
  await verifyShards(context, state, equal);
  await wakeAll(context);
  const { epoch } = detail;
  await askResend(context, { epoch, shards: shardsOf('empty') });
  const differing = of('differs').map(({ told }) => told);
  // Changes that are still on their way can explain no more shards than the agent sent changes.
  if (differing.length === 0 || differing.length > detail.cut || isLastLook(event))
    await askManifests(context, { epoch, shards: [...shardsOf('overtaken'), ...shardsOf('differs')] });
  else {
    await askManifests(context, { epoch, shards: shardsOf('overtaken') });
    await lookAgain(context.ports, event, { ...detail, shards: differing });
  }
}

function compare(
  rows: ShardRows,
  [, count, hash]: DigestDetail['shards'][number],
  at: { epoch: number; cut: number },
): Verdict {
  if ([...rows.values()].some((row) => isAfter(row, at))) return 'overtaken';
  const own = digestOf(rows);
  if (own.count === count && own.hash === hash) return 'equal';
  return livingIn(rows).length === 0 ? 'empty' : 'differs';
}
