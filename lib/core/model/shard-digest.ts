import { digest } from './content-hash.ts';

/**
 * Version of the digests that agent and hub compare. A hub says in its answer to a hello which one it takes; an agent sends digests only
 * to a hub that takes its own, and tells everything to one that says nothing.
 */
export const digestVersion = 1;

/** What a shard holds, in so few bytes that all 256 fit into one event. */
export interface ShardDigest {
  count: number;
  /** 16 hex digits. */
  hash: string;
}

/** Digest over endpoint ids and content hashes (content-hash.ts), in any order. Agent and hub must agree. */
export function shardDigest(entries: Iterable<readonly [id: string, hash: string]>): ShardDigest {
  const lines = Array.from(entries, ([id, hash]) => `${id}=${hash}`).sort();
  // Most shards of a small cluster.
  if (lines.length === 0) return { count: 0, hash: nothing };
  return { count: lines.length, hash: hashOf(lines) };
}

function hashOf(lines: readonly string[]): string {
  return digest(lines.join('\n')).slice(0, 16);
}

const nothing = hashOf([]);
