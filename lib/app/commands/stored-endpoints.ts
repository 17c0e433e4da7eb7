import type { Tables } from '../../core/ports.ts';
import { readEndpoint, shardPartition, type StoredEndpoint } from '../state/endpoints.ts';

/** Gives the endpoints of one shard page by page, tombstones included. For commands that look at everything. */
export async function readShard(
  tables: Tables,
  cluster: string,
  shard: number,
  take: (page: StoredEndpoint[]) => Promise<void> | void,
): Promise<void> {
  let after: string | undefined;
  do {
    const page = await tables.query({
      table: 'endpoints',
      pk: shardPartition(cluster, shard),
      ...(after === undefined ? {} : { after }),
    });
    const endpoints = page.items.map(({ key, item }) => readEndpoint(key.sk ?? '', item));
    await take(endpoints.filter((endpoint) => endpoint !== undefined));
    after = page.next;
  } while (after !== undefined);
}
