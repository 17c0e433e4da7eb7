import type { ManifestDetail, ShardManifest } from '../../core/model/messages.ts';
import type { ClusterState } from '../state/clusters.ts';
import { inParallel } from '../state/items.ts';
import { applyChange, type Change, type IngestContext } from './apply-change.ts';
import { askResend } from './ask-agent.ts';
import { isLastLook, lookAgain, type LookedAt } from './look-again.ts';
import { noteLate } from './note-late.ts';
import { isAfter, livingIn, readShard, type ShardRows } from './shard-rows.ts';
import { verifyShards } from './verify-shards.ts';
import { wakeAll } from './wake-all.ts';

/**
 * Compares shards with what the agent says it has. A complete shard removes what the agent no longer has (inferred, never witnessed)
 * and is then verified; what a shard lacks is asked for again, and forbids removals until it is verified.
 */
export async function applyManifest(
  context: IngestContext,
  known: { state: ClusterState; detail: ManifestDetail },
  event: LookedAt,
): Promise<void> {
  const { detail, state } = known;
  const compared = await inParallel(detail.manifests, 8, (manifest) =>
    compareShard(context, detail, manifest),
  );
  const complete = compared.filter(({ lacks }) => lacks !== undefined && lacks.length === 0);
  // Before the removals: a sync that meets one of them at once must know that the shard is whole.
  const equal = new Map(complete.map(({ manifest, rows }) => [manifest.shard, rows]));
  await verifyShards(context, state, equal);
  const gone = complete.flatMap((one) => one.gone);
  const removed = await inParallel(gone, 16, (one) => removeGone(context, one));
  await noteLate(context, removed.filter(Boolean).length);
  await wakeAll(context);
  const differing = compared.filter((one) => !complete.includes(one));
  if (differing.length === 0) return;
  const lacking = differing.flatMap(({ lacks }) => lacks ?? []);
  // Changes that are still on their way can explain no more endpoints than the agent sent changes.
  const cut = Math.max(...detail.manifests.map((manifest) => manifest.cut));
  if (lacking.length <= cut && !isLastLook(event)) {
    const manifests = differing.map(({ manifest }) => manifest);
    return lookAgain(context.ports, event, { ...detail, manifests });
  }
  // What was sent again and still differs cannot be helped by sending it once more at once: the next digest asks.
  const open = differing.filter(({ manifest }) => manifest.resent !== true);
  const shards = open.map(({ manifest }) => manifest.shard);
  const broken = open.some(({ lacks }) => lacks === undefined);
  const endpoints = open.flatMap(({ lacks }) => lacks ?? []);
  await askResend(context, { epoch: detail.epoch, shards, ...(broken ? {} : { endpoints }) });
}

/** A shard at the hub beside what the agent says of it. */
interface Compared {
  manifest: ShardManifest;
  rows: ShardRows;
  /** Ids that the hub lacks, or has otherwise; undefined when the manifest is not whole. */
  lacks: string[] | undefined;
  /** What the hub has beyond what the agent has. */
  gone: Gone[];
}

async function compareShard(
  context: IngestContext,
  detail: Pick<ManifestDetail, 'epoch' | 'services'>,
  manifest: ShardManifest,
): Promise<Compared> {
  const { epoch } = detail;
  const { cut } = manifest;
  if (manifest.entries.length !== manifest.count)
    return { manifest, rows: new Map(), lacks: undefined, gone: [] };
  const rows = await readShard(context, manifest.shard, detail);
  const told = new Map(manifest.entries);
  const lacks = [...told].flatMap(([id, hash]) => {
    const row = rows.get(id);
    return row?.contentHash === hash || isAfter(row, { epoch, cut }) ? [] : [id];
  });
  const gone = livingIn(rows)
    .filter((row) => !told.has(row.id) && !isAfter(row, { epoch, cut }))
    .map(({ id }) => ({ id, version: { epoch, sequence: cut } }));
  return { manifest, rows, lacks, gone };
}

/** An endpoint that the agent no longer has, and the version with which it goes. */
type Gone = Pick<Change, 'id' | 'version'>;

function removeGone(context: IngestContext, gone: Gone): Promise<boolean> {
  return applyChange(context, {
    ...gone,
    time: context.ports.clock.now(),
    cause: 'relist',
    record: undefined,
  });
}
