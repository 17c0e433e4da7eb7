import { carries, type Instance, type TagFilter } from '../../core/compute.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { contentHash } from '../../core/model/content-hash.ts';
import { endpointId, type EndpointRecord, shardOf } from '../../core/model/endpoint.ts';
import { endpointRecord } from '../../core/model/messages.ts';

/**
 * States in which an instance has its addresses for itself (EC2 user guide, instance lifecycle: a stopped one keeps its private addresses).
 * From `shutting-down` on they may be given to somebody else.
 */
const keeping = new Set(['pending', 'running', 'stopping', 'stopped']);

/** EC2 itself says that its addresses may be given to somebody else. */
export function hasEnded({ state }: Instance): boolean {
  return !keeping.has(state);
}

/**
 * A host as an endpoint, or undefined when it is not selected or not there any more. Tags are its labels. `unreadable` is one that no record can
 * hold, such as one with more than 64 addresses: it is neither told nor taken for gone.
 */
export function hostRecord(instance: Instance, tags: TagFilter): EndpointRecord | undefined | 'unreadable' {
  if (hasEnded(instance) || !carries(instance.tags, tags)) return undefined;
  const record: EndpointRecord = {
    kind: 'node',
    uid: instance.id,
    name: instance.id,
    labels: instance.tags,
    addresses: [...new Set(instance.addresses.map(canonicalAddress))],
    hostNetwork: false,
  };
  const read = endpointRecord.safeParse(record);
  return read.success ? read.data : 'unreadable';
}

/** What a listing holds. */
export interface Listing {
  /** By endpoint id. */
  records: Map<string, { record: EndpointRecord; hash: string }>;
  /** Shards of hosts that cannot be read: nothing is said of what they lack. */
  unsure: Set<number>;
  unreadable: string[];
}

export function hostRecords(instances: readonly Instance[], tags: TagFilter): Listing {
  const records: Listing['records'] = new Map();
  const unreadable: string[] = [];
  for (const instance of instances) {
    const record = hostRecord(instance, tags);
    if (record === 'unreadable') unreadable.push(instance.id);
    else if (record) records.set(endpointId(record), { record, hash: contentHash(record) });
  }
  const unsure = new Set(unreadable.map((uid) => shardOf(endpointId({ kind: 'node', uid }))));
  return { records, unsure, unreadable };
}
