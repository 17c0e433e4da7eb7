import { type ManifestDetail, schemaVersion, type ShardManifest } from '../../core/model/messages.ts';
import { names } from '../names.ts';
import { noteVerified } from '../state/clusters.ts';
import { readEndpoint, shardPartition, type StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { applyChange, type Change, type IngestContext } from './apply-change.ts';
import { wakeAll } from './wake-all.ts';

/** The bus keeps no order: a manifest may come before its endpoints, so it is looked at again a few times before shards are asked for. */
const looks = 3;
const lookAgainSeconds = 5;

/**
 * Compares shards with what the agent says it has. A complete shard removes what the agent no longer has (inferred, never witnessed)
 * and is then verified; a shard that lacks something is asked for again and forbids removals until it is verified.
 */
export async function applyManifest(
  context: IngestContext,
  detail: ManifestDetail,
  event: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { ports, cluster } = context;
  const results = await inParallel(detail.manifests, 8, (manifest) =>
    compareShard(context, detail.epoch, manifest),
  );
  const equal = detail.manifests.filter((_, index) => results[index]).map(({ shard }) => shard);
  // Before the removals: a sync that meets one of them at once must know that the shard is whole.
  await noteVerified(ports.tables, cluster.id, { epoch: detail.epoch, shards: equal });
  await inParallel(
    results.flatMap((gone) => gone ?? []),
    16,
    (gone) => removeGone(context, gone),
  );
  await wakeAll(context);
  const differing = detail.manifests.filter((_, index) => !results[index]);
  if (differing.length === 0) return;
  const look = typeof event['look'] === 'number' ? event['look'] : 1;
  if (look < looks) {
    const body = JSON.stringify({ ...event, look: look + 1, detail: { ...detail, manifests: differing } });
    await ports.queues.send({ queue: names.ingestQueue(ports.hub), body, delaySeconds: lookAgainSeconds });
    return;
  }
  const resend = {
    type: 'resend',
    schema: schemaVersion,
    epoch: detail.epoch,
    shards: differing.map(({ shard }) => shard),
  };
  await ports.queues.send({ queue: names.agentQueue(ports.hub, cluster.key), body: JSON.stringify(resend) });
}

/** What the shard at the hub holds beyond what the agent has; undefined when it lacks something, or has it otherwise. */
async function compareShard(
  context: IngestContext,
  epoch: number,
  manifest: ShardManifest,
): Promise<Gone[] | undefined> {
  if (manifest.entries.length !== manifest.count) return undefined;
  const stored = await readShard(context, manifest.shard);
  const told = new Map(manifest.entries);
  for (const [id, hash] of told) {
    const row = stored.get(id);
    if (row?.contentHash !== hash && !isAfter(row, epoch, manifest.cut)) return undefined;
  }
  return [...stored.values()]
    .filter((row) => row.record && !told.has(row.id) && !isAfter(row, epoch, manifest.cut))
    .map(({ id }) => ({ id, version: { epoch, sequence: manifest.cut } }));
}

/** An endpoint that the agent no longer has, and the version with which it goes. */
type Gone = Pick<Change, 'id' | 'version'>;

async function removeGone(context: IngestContext, gone: Gone): Promise<void> {
  await applyChange(context, {
    ...gone,
    time: context.ports.clock.now(),
    cause: 'relist',
    record: undefined,
  });
}

/** The row tells of something that happened after the manifest was cut. */
function isAfter(row: StoredEndpoint | undefined, epoch: number, cut: number): boolean {
  if (!row) return false;
  return row.version.epoch > epoch || (row.version.epoch === epoch && row.version.sequence > cut);
}

async function readShard(context: IngestContext, shard: number): Promise<Map<string, StoredEndpoint>> {
  const rows = new Map<string, StoredEndpoint>();
  let after: string | undefined;
  do {
    const pk = shardPartition(context.cluster.id, shard);
    const page = await context.ports.tables.query({
      table: 'endpoints',
      pk,
      ...(after === undefined ? {} : { after }),
    });
    for (const stored of page.items) {
      const row = readEndpoint(stored.key.sk ?? '', stored.item);
      if (row) rows.set(row.id, row);
    }
    after = page.next;
  } while (after !== undefined);
  return rows;
}
