import { contentHash } from '../../lib/core/model/content-hash.ts';
import { endpointId, type EndpointRecord, shardCount, shardOf } from '../../lib/core/model/endpoint.ts';

/** What an agent that has exactly these records says, for all shards; `cut` is its sequence. */
export function manifestsOf(records: Iterable<EndpointRecord>, cut: number): unknown[] {
  const byShard = Map.groupBy(records, (record) => shardOf(endpointId(record)));
  return Array.from({ length: shardCount }, (_, shard) => {
    const hashes = new Map((byShard.get(shard) ?? []).map((one) => [endpointId(one), contentHash(one)]));
    const entries = [...hashes.keys()].sort().map((id) => [id, hashes.get(id)]);
    return { shard, cut, count: entries.length, entries };
  });
}
