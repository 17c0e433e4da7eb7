import { shardOf, spread } from '../../core/model/endpoint.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { type Cause, causes } from '../../core/plan/brakes.ts';
import type { Item, Key, StoredItem, Tables, Write } from '../../core/ports.ts';
import { parseGlobalEndpointId } from './endpoints.ts';
import { count, flag, text } from './items.ts';

/** Dirty rows of a firewall lie in a few partitions, so that no single one becomes hot. */
export const dirtyBuckets = 4;

/** "Look at address A in group G for firewall F": no truth in it, only why and since when. */
export interface DirtyRow {
  firewall: string;
  bucket: number;
  /** Membership key. */
  key: string;
  group: string;
  realm: string;
  address: string;
  /** Id of the last mark: a run deletes the row only while it is the one it acted on. */
  mark: string;
  cause: Cause;
  witnessed: boolean;
  moved: boolean;
  /** Where the endpoint that caused it stands: a removal that nobody saw waits until that shard is verified. */
  source: ShardOf | undefined;
  /** When the cause happened, milliseconds since 1970. */
  time: number;
}

export function bucketOf(key: string): number {
  return spread(key) % dirtyBuckets;
}

export function dirtyKey(firewall: string, key: string): Key {
  return { table: 'dirty', pk: dirtyPartition(firewall, bucketOf(key)), sk: key };
}

export function dirtyPartition(firewall: string, bucket: number): string {
  return `${firewall}|${bucket}`;
}

/** A shard of a cluster's endpoints. */
export interface ShardOf {
  cluster: string;
  shard: number;
}

/** Where an endpoint stands, such as the one for which an address was put on a firewall. */
export function shardOfEndpoint(endpoint: string | undefined): ShardOf | undefined {
  if (endpoint === undefined) return undefined;
  const { cluster, id } = parseGlobalEndpointId(endpoint);
  return { cluster, shard: shardOf(id) };
}

export interface DirtyMark {
  /** Fresh and unique: a counter would begin anew with a new row, and a repeated delete could take that one. */
  id: string;
  firewall: string;
  key: string;
  cause: Cause;
  time: number;
  witnessed?: boolean;
  moved?: boolean;
  source?: ShardOf | undefined;
  /** Only asks to look: why an address is dirty already is not forgotten for it. */
  look?: boolean;
}

/** The write that marks an address dirty; the id tells a run whether somebody marked it again meanwhile. */
export function markDirty(mark: DirtyMark): Write {
  const why: Item = {
    cause: mark.cause,
    time: mark.time,
    witnessed: mark.witnessed ?? false,
  };
  if (mark.source) Object.assign(why, { cluster: mark.source.cluster, shard: mark.source.shard });
  const key = dirtyKey(mark.firewall, mark.key);
  if (mark.look) return { key, update: { set: { mark: mark.id }, setIfAbsent: why } };
  const set: Item = { ...why, mark: mark.id };
  // Never taken back by a later mark: that the address belongs to somebody else must not be forgotten before it was acted on.
  if (mark.moved) set['moved'] = true;
  return { key, update: { set } };
}

/** The write that settles a row, on condition that nobody marked it again. */
export function clearDirty(row: DirtyRow): Write {
  return {
    key: dirtyKey(row.firewall, row.key),
    delete: true,
    if: [{ attribute: 'mark', is: '=', value: row.mark }],
  };
}

export async function readDirty(
  tables: Tables,
  firewall: string,
  bucket: number,
  limit: number,
): Promise<{ rows: DirtyRow[]; more: boolean }> {
  const page = await tables.query({ table: 'dirty', pk: dirtyPartition(firewall, bucket), limit });
  return { rows: page.items.map((stored) => toRow(firewall, bucket, stored)), more: page.next !== undefined };
}

function toRow(firewall: string, bucket: number, stored: StoredItem): DirtyRow {
  const key = stored.key.sk ?? '';
  const cause = text(stored.item, 'cause');
  return {
    firewall,
    bucket,
    key,
    ...parseMembershipKey(key),
    mark: text(stored.item, 'mark') ?? '',
    cause: causes.find((known) => known === cause) ?? 'reconcile',
    witnessed: flag(stored.item, 'witnessed'),
    moved: flag(stored.item, 'moved'),
    source: sourceOf(stored.item),
    time: count(stored.item, 'time'),
  };
}

function sourceOf(item: Item): ShardOf | undefined {
  const cluster = text(item, 'cluster');
  return cluster === undefined ? undefined : { cluster, shard: count(item, 'shard') };
}
