import { carries, type Instance, type TagFilter } from '../../core/compute.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { contentHash } from '../../core/model/content-hash.ts';
import { endpointId, type EndpointRecord } from '../../core/model/endpoint.ts';
import { endpointRecord } from '../../core/model/messages.ts';

/**
 * States in which an instance has its addresses for itself (EC2 user guide, instance lifecycle: a stopped one keeps its private addresses).
 * From `shutting-down` on they may be given to somebody else.
 */
const keeping = new Set(['pending', 'running', 'stopping', 'stopped']);

/** A host as an endpoint, or undefined when it is not selected or not there any more. Tags are its labels. */
export function hostRecord(instance: Instance, tags: TagFilter): EndpointRecord | undefined {
  if (!keeping.has(instance.state) || !carries(instance.tags, tags)) return undefined;
  const record: EndpointRecord = {
    kind: 'node',
    uid: instance.id,
    name: instance.id,
    labels: instance.tags,
    addresses: [...new Set(instance.addresses.map(canonicalAddress))],
    hostNetwork: false,
  };
  return endpointRecord.parse(record);
}

/** Everything that a listing holds, by endpoint id. */
export function hostRecords(
  instances: readonly Instance[],
  tags: TagFilter,
): Map<string, { record: EndpointRecord; hash: string }> {
  const records = new Map<string, { record: EndpointRecord; hash: string }>();
  for (const instance of instances) {
    const record = hostRecord(instance, tags);
    if (record) records.set(endpointId(record), { record, hash: contentHash(record) });
  }
  return records;
}
