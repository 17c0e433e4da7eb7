import { spread } from '../../core/model/endpoint.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Item, Key, StoredItem, Tables, Write } from '../../core/ports.ts';
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
  counter: number;
  cause: Cause;
  witnessed: boolean;
  moved: boolean;
  /** Cluster whose endpoint caused it. */
  cluster: string | undefined;
  /** When the cause happened, milliseconds since 1970. */
  time: number;
}

export function bucketOf(key: string): number {
  return spread(key) % dirtyBuckets;
}

function dirtyKey(firewall: string, key: string): Key {
  return { table: 'dirty', pk: dirtyPartition(firewall, bucketOf(key)), sk: key };
}

export function dirtyPartition(firewall: string, bucket: number): string {
  return `${firewall}|${bucket}`;
}

const causes: readonly string[] = [
  'watch',
  'relist',
  'namespace',
  'node',
  'start',
  'configuration',
  'reconcile',
  'approval',
];

export interface DirtyMark {
  firewall: string;
  key: string;
  cause: Cause;
  time: number;
  witnessed?: boolean;
  moved?: boolean;
  cluster?: string | undefined;
}

/** The write that marks an address dirty; the counter tells a run whether somebody marked it again meanwhile. */
export function markDirty(mark: DirtyMark): Write {
  const set: Item = {
    cause: mark.cause,
    time: mark.time,
    witnessed: mark.witnessed ?? false,
  };
  // Never taken back by a later mark: that the address belongs to somebody else must not be forgotten before it was acted on.
  if (mark.moved) set['moved'] = true;
  if (mark.cluster !== undefined) set['cluster'] = mark.cluster;
  return { key: dirtyKey(mark.firewall, mark.key), update: { add: { counter: 1 }, set } };
}

/** The write that settles a row, on condition that nobody marked it again. */
export function clearDirty(row: DirtyRow): Write {
  return {
    key: dirtyKey(row.firewall, row.key),
    delete: true,
    if: [{ attribute: 'counter', is: '=', value: row.counter }],
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
  const cause = text(stored.item, 'cause') ?? 'reconcile';
  return {
    firewall,
    bucket,
    key,
    ...parseMembershipKey(key),
    counter: count(stored.item, 'counter'),
    cause: (causes.includes(cause) ? cause : 'reconcile') as Cause,
    witnessed: flag(stored.item, 'witnessed'),
    moved: flag(stored.item, 'moved'),
    cluster: text(stored.item, 'cluster'),
    time: count(stored.item, 'time'),
  };
}
