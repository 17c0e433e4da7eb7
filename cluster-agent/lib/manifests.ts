import { shardCount, shardOf } from '../../lib/core/model/endpoint.ts';
import { detailTypes, type ManifestDetail, type ShardManifest } from '../../lib/core/model/messages.ts';
import { limits, utf8 } from './batch.ts';
import type { BusEntry } from './ports.ts';

export const allShards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard);

/** The manifests of some shards. `hashes` = id and content hash of every endpoint the hub should have at `cut`. */
export function shardManifests(
  hashes: Iterable<readonly [id: string, hash: string]>,
  shards: ReadonlySet<number>,
  cut: number,
): ShardManifest[] {
  const entries = new Map<number, [string, string][]>([...shards].map((shard) => [shard, []]));
  for (const [id, hash] of hashes) entries.get(shardOf(id))?.push([id, hash]);
  return [...entries]
    .sort(([a], [b]) => a - b)
    .map(([shard, list]) => ({
      shard,
      cut,
      count: list.length,
      entries: list.sort(([a], [b]) => (a < b ? -1 : 1)),
    }));
}

/** Several shards in one event. */
export interface ManifestEvent {
  shards: number[];
  entry: BusEntry;
  bytes: number;
}

/**
 * Puts manifests together into events below 60 KB. A shard that is larger alone (above 900 endpoints: 230,000 in the
 * cluster) travels alone.
 */
export function manifestEvents(
  manifests: readonly ShardManifest[],
  envelope: Pick<ManifestDetail, 'schema' | 'epoch' | 'sentAt' | 'services'> & { source: string },
): ManifestEvent[] {
  const { source, ...head } = envelope;
  const empty = utf8(source) + utf8(detailTypes.manifest) + utf8(JSON.stringify({ ...head, manifests: [] }));
  const groups: { manifests: ShardManifest[]; bytes: number }[] = [];
  for (const manifest of manifests) {
    const bytes = utf8(JSON.stringify(manifest)) + 1;
    const last = groups.at(-1);
    if (last && last.bytes + bytes <= limits.manifestBytes) {
      last.manifests.push(manifest);
      last.bytes += bytes;
    } else {
      groups.push({ manifests: [manifest], bytes: empty + bytes });
    }
  }
  return groups.map((group) => ({
    shards: group.manifests.map(({ shard }) => shard),
    bytes: group.bytes,
    entry: {
      detailType: detailTypes.manifest,
      detail: JSON.stringify({ ...head, manifests: group.manifests } satisfies ManifestDetail),
    },
  }));
}

/** The events that fit into one PutEvents call; at least one. */
export function firstCall(events: readonly ManifestEvent[]): ManifestEvent[] {
  const call: ManifestEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += event.bytes;
    if (call.length >= limits.entries || (call.length > 0 && bytes > limits.callBytes)) break;
    call.push(event);
  }
  return call;
}
