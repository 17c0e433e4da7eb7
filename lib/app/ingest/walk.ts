import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, readEndpoint, shardPartition, type StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import type { IngestContext } from './apply-change.ts';
import { isWalked, notePartWalked, noteWalkBegins } from '../state/walks.ts';
import { reevaluate } from './reevaluate.ts';
import { wakeAll } from './wake-all.ts';

/** Work on the ingest queue: take these shards of a cluster to the active generation. */
export const walkMessage = z.strictObject({
  type: z.literal('walk'),
  /** Cluster id `account|region|name`. */
  cluster: z.string(),
  from: z.number().int().min(0),
  to: z.number().int().max(shardCount),
  generation: z.number().int(),
  /** The second pass, later, takes rows that a function with the older configuration wrote behind the first. */
  pass: z.union([z.literal(1), z.literal(2)]),
});
type WalkMessage = z.infer<typeof walkMessage>;

/** Shards of one message; 16 messages walk a cluster. */
const shardsPerMessage = 16;

/** Longer than the ingest function may run: after it nobody works with the older configuration any more. */
const secondPassSeconds = 90;

/** Queues the walk of every cluster to a generation. */
export async function startWalk(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const messages: WalkMessage[] = [];
  for (const cluster of active.clusters.keys()) {
    for (let from = 0; from < shardCount; from += shardsPerMessage) {
      messages.push({
        type: 'walk',
        cluster,
        from,
        to: from + shardsPerMessage,
        generation: active.generation,
        pass: 1,
      });
    }
  }
  const queue = names.ingestQueue(ports.hub);
  await inParallel([...active.clusters.keys()], 8, (cluster) =>
    noteWalkBegins(ports.tables, cluster, active.generation),
  );
  await inParallel(messages, 8, (message) => ports.queues.send({ queue, body: JSON.stringify(message) }));
}

/** Evaluates every endpoint of the shards under the active configuration; ends early when a newer generation has its own walk. */
export async function walkShards(
  base: { ports: Ports; active: ActiveConfiguration },
  walk: WalkMessage,
): Promise<void> {
  const cluster = base.active.clusters.get(walk.cluster);
  if (!cluster || walk.generation < base.active.generation) return;
  const context: IngestContext = { ports: base.ports, active: base.active, cluster, marks: [] };
  try {
    for (let shard = walk.from; shard < walk.to; shard++) await walkShard(context, shard);
  } finally {
    await wakeAll(context);
  }
  if (walk.pass === 2) return;
  const { generation, from } = walk;
  if (generation === base.active.generation)
    await notePartWalked(base.ports.tables, cluster.id, { generation, part: String(from) });
  await base.ports.queues.send({
    queue: names.ingestQueue(base.ports.hub),
    body: JSON.stringify({ ...walk, pass: 2 }),
    delaySeconds: secondPassSeconds,
  });
}

/** Whether every endpoint was evaluated under the active configuration, but for those that were written behind the walk. */
export async function isAllWalked(
  { tables }: Pick<Ports, 'tables'>,
  active: ActiveConfiguration,
): Promise<boolean> {
  const parts = shardCount / shardsPerMessage;
  return isWalked(tables, [...active.clusters.keys()], { generation: active.generation, parts });
}

async function walkShard(context: IngestContext, shard: number): Promise<void> {
  const { tables } = context.ports;
  let after: string | undefined;
  do {
    const page = await tables.query({
      table: 'endpoints',
      pk: shardPartition(context.cluster.id, shard),
      ...(after === undefined ? {} : { after }),
    });
    const endpoints = page.items.map((stored) => readEndpoint(stored.key.sk ?? '', stored.item));
    await inParallel(endpoints, 16, (endpoint) => walkEndpoint(context, endpoint));
    after = page.next;
  } while (after !== undefined);
}

const attempts = 8;

/** Takes one row to the active generation; a lost race is repeated with the fresh row. */
async function walkEndpoint(context: IngestContext, first: StoredEndpoint | undefined): Promise<void> {
  let endpoint = first;
  for (let attempt = 1; endpoint?.record && endpoint.generation < context.active.generation; attempt++) {
    try {
      await reevaluate(context, endpoint, endpoint.record);
      return;
    } catch (error) {
      if (attempt >= attempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    }
    const [item] = await context.ports.tables.read([endpointKey(context.cluster.id, endpoint.id)]);
    endpoint = readEndpoint(endpoint.id, item);
  }
}
