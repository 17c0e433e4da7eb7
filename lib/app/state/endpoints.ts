import { z } from 'zod';
import { type EndpointRecord, shardOf, type Version } from '../../core/model/endpoint.ts';
import { storedRecord } from '../../core/model/messages.ts';
import type { Condition, Item, Key, Value, Write } from '../../core/ports.ts';
import { count, text, texts } from './items.ts';

/** One membership change that still has to be written, with what the sync should know about it. */
const pendingStep = z.object({
  op: z.enum(['join', 'leave']),
  key: z.string(),
});
const pendingSteps = z.array(pendingStep);
export type PendingStep = z.infer<typeof pendingStep>;

/** Row of `endpoints`: the last record, the memberships that were written for it, and those still to write. */
export interface StoredEndpoint {
  id: string;
  version: Version;
  generation: number;
  /** Absent in a tombstone. */
  record: EndpointRecord | undefined;
  contentHash: string;
  memberships: readonly string[];
  todo: readonly PendingStep[];
  /** Agent's time of the change, milliseconds since 1970. */
  time: number;
  deletedAt: number | undefined;
  /** Addresses of its own that it had before; their owner rows go when the tombstone goes. */
  former: readonly string[];
  /** Why addresses of it are published nowhere, for `explain`. */
  refused: readonly string[];
  /** Memberships it left last, which firewalls may still hold; whoever claims their address has them looked at. */
  left: readonly string[];
  /** Groups that it left because its cluster is silent; a fresh record of the agent ends that. */
  expired: readonly string[];
  /** Counts every write of the row; each write is conditional on the one that was read. */
  revision: number;
}

export function endpointKey(cluster: string, id: string): Key {
  return { table: 'endpoints', pk: shardPartition(cluster, shardOf(id)), sk: id };
}

export function shardPartition(cluster: string, shard: number): string {
  return `${cluster}|${shard}`;
}

export function readEndpoint(id: string, item: Item | undefined): StoredEndpoint | undefined {
  if (!item) return undefined;
  const record = storedRecord.safeParse(item['record']);
  const todo = pendingSteps.safeParse(item['todo'] ?? []);
  return {
    id,
    version: { epoch: count(item, 'epoch'), sequence: count(item, 'sequence') },
    generation: count(item, 'generation'),
    record: record.success ? record.data : undefined,
    contentHash: text(item, 'hash') ?? '',
    memberships: texts(item, 'memberships'),
    todo: todo.success ? todo.data : [],
    time: count(item, 'time'),
    deletedAt: typeof item['deletedAt'] === 'number' ? item['deletedAt'] : undefined,
    former: texts(item, 'former'),
    refused: texts(item, 'refused'),
    left: texts(item, 'left'),
    expired: texts(item, 'expired'),
    revision: count(item, 'revision'),
  };
}

/** Replaces the row on condition that nobody wrote since it was read; `endpoint.revision` is the one that was read (0 = no row). */
export function putEndpoint(cluster: string, endpoint: StoredEndpoint): Write {
  const condition: Condition =
    endpoint.revision === 0
      ? { attribute: 'revision', is: 'absent' }
      : { attribute: 'revision', is: '=', value: endpoint.revision };
  return { key: endpointKey(cluster, endpoint.id), put: endpointItem(endpoint), if: [condition] };
}

function endpointItem(endpoint: StoredEndpoint): Item {
  const item: Item = {
    revision: endpoint.revision + 1,
    epoch: endpoint.version.epoch,
    sequence: endpoint.version.sequence,
    generation: endpoint.generation,
    hash: endpoint.contentHash,
    memberships: [...endpoint.memberships],
    time: endpoint.time,
  };
  if (endpoint.record) item['record'] = JSON.parse(JSON.stringify(endpoint.record)) as Value;
  if (endpoint.todo.length > 0) item['todo'] = endpoint.todo.map((step) => ({ ...step })) as Value;
  if (endpoint.deletedAt !== undefined) item['deletedAt'] = endpoint.deletedAt;
  if (endpoint.former.length > 0) item['former'] = [...endpoint.former];
  if (endpoint.refused.length > 0) item['refused'] = [...endpoint.refused];
  if (endpoint.left.length > 0) item['left'] = [...endpoint.left];
  if (endpoint.expired.length > 0) item['expired'] = [...endpoint.expired];
  return item;
}

/** Memberships once everything in `todo` is written. */
export function intendedMemberships(endpoint: StoredEndpoint): string[] {
  const keys = new Set(endpoint.memberships);
  for (const step of endpoint.todo) {
    if (step.op === 'join') keys.add(step.key);
    else keys.delete(step.key);
  }
  return [...keys];
}

/** Id of an endpoint across clusters, as it stands in memberships and owner rows. */
export function globalEndpointId(cluster: string, id: string): string {
  return `${cluster}/${id}`;
}

export function parseGlobalEndpointId(globalId: string): { cluster: string; id: string } {
  const slash = globalId.indexOf('/');
  return { cluster: globalId.slice(0, slash), id: globalId.slice(slash + 1) };
}

/** How people know an endpoint: `cluster/name` of a node, otherwise `cluster/namespace/name`. */
export function endpointTitle(
  cluster: string,
  record: Pick<EndpointRecord, 'kind' | 'namespace' | 'name'>,
): string {
  return [cluster, ...(record.kind === 'node' ? [] : [record.namespace ?? '?']), record.name].join('/');
}

/** Row of `control` that says which endpoint has an address; evicts the claim of an older one. */
export interface Owner {
  endpoint: string;
  version: Version;
  time: number;
}

export function ownerKey(realm: string, address: string): Key {
  return { table: 'control', pk: `owner|${realm}|${address}` };
}

export function readOwner(item: Item | undefined): Owner | undefined {
  const endpoint = text(item, 'endpoint');
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    version: { epoch: count(item, 'epoch'), sequence: count(item, 'sequence') },
    time: count(item, 'time'),
  };
}
