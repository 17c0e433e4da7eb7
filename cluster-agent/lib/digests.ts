import { shardCount, shardOf } from '../../lib/core/model/endpoint.ts';
import { type DigestDetail, detailTypes } from '../../lib/core/model/messages.ts';
import { digestVersion, shardDigest } from '../../lib/core/model/shard-digest.ts';
import type { BusEntry } from './ports.ts';

/**
 * The digests of all shards as one event: about 8 KB, whatever the size of the cluster. Shards about which the agent is not certain, because
 * a call had no answer, are left out.
 */
export function digestEvent(
  entries: Iterable<readonly [id: string, hash: string]>,
  uncertain: ReadonlySet<number>,
  head: Pick<DigestDetail, 'schema' | 'epoch' | 'sentAt' | 'cut' | 'services'>,
): BusEntry {
  const byShard = Array.from({ length: shardCount }, (): (readonly [string, string])[] => []);
  for (const entry of entries) byShard[shardOf(entry[0])]?.push(entry);
  const shards = byShard.flatMap((list, shard): DigestDetail['shards'] => {
    if (uncertain.has(shard)) return [];
    const { count, hash } = shardDigest(list);
    return [[shard, count, hash]];
  });
  const detail: DigestDetail = { ...head, digest: digestVersion, shards };
  return { detailType: detailTypes.digest, detail: JSON.stringify(detail) };
}
