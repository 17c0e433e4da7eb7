import { isServiceKind, parseEndpointId } from '../../core/model/endpoint.ts';
import { shardDigest, type ShardDigest } from '../../core/model/shard-digest.ts';
import { readEndpoint, shardPartition, type StoredEndpoint } from '../state/endpoints.ts';
import type { IngestContext } from './apply-change.ts';

export type ShardRows = ReadonlyMap<string, StoredEndpoint>;

/**
 * Every row of a shard of which the agent speaks, tombstones included, by id. One read unit for each 4 KB. An agent that does not say that it
 * tells services says nothing of those that the hub has: it may be an older one.
 */
export async function readShard(
  context: IngestContext,
  shard: number,
  told: { services?: true | undefined },
): Promise<ShardRows> {
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
      if (row && (told.services || !isServiceKind(parseEndpointId(row.id).kind))) rows.set(row.id, row);
    }
    after = page.next;
  } while (after !== undefined);
  return rows;
}

/** The row tells of something that happened after the agent had got to `cut`. */
export function isAfter(
  row: StoredEndpoint | undefined,
  { epoch, cut }: { epoch: number; cut: number },
): boolean {
  if (!row) return false;
  return row.version.epoch > epoch || (row.version.epoch === epoch && row.version.sequence > cut);
}

/** Endpoints that exist. */
export function livingIn(rows: ShardRows): StoredEndpoint[] {
  return [...rows.values()].filter((row) => row.record !== undefined);
}

export function digestOf(rows: ShardRows): ShardDigest {
  return shardDigest(livingIn(rows).map(({ id, contentHash }) => [id, contentHash] as const));
}
