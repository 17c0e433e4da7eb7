import { parseMembershipKey } from '../../core/model/address-group.ts';
import { spread } from '../../core/model/endpoint.ts';
import type { Key, StoredItem, Tables, Write } from '../../core/ports.ts';
import { text } from './items.ts';

/** A group's full listing is spread over a few index partitions. */
export const listingBuckets = 4;

function rowKey(key: string, endpoint: string): Key {
  return { table: 'memberships', pk: key, sk: endpoint };
}

export interface Member {
  endpoint: string;
  /** `cluster/namespace/name`, for people; missing in rows of older versions. */
  name: string | undefined;
}

export function join(key: string, { endpoint, name }: Member, time: number): Write {
  const { group } = parseMembershipKey(key);
  const bucket = `${group}|${spread(key) % listingBuckets}`;
  return { key: rowKey(key, endpoint), put: { bucket, time, ...(name === undefined ? {} : { name }) } };
}

export function leave(key: string, endpoint: string): Write {
  return { key: rowKey(key, endpoint), delete: true };
}

/** Those that are not stored. One read unit each. */
export async function missingMemberships<T extends { key: string; endpoint: string }>(
  tables: Tables,
  places: readonly T[],
): Promise<T[]> {
  if (places.length === 0) return [];
  const items = await tables.read(places.map(({ key, endpoint }) => rowKey(key, endpoint)));
  return places.filter((_, index) => items[index] === undefined);
}

/** One endpoint that still gives the address to the group, if any: one query with limit 1, whatever the group's size. */
export async function anyMember(tables: Tables, key: string): Promise<Member | undefined> {
  const page = await tables.query({ table: 'memberships', pk: key, limit: 1 });
  return page.items.map(toMember)[0];
}

function toMember(stored: StoredItem): Member {
  return { endpoint: stored.key.sk ?? '', name: text(stored.item, 'name') };
}

/** All endpoints that give this address to this group. */
export async function membersOf(tables: Tables, key: string): Promise<Member[]> {
  const page = await tables.query({ table: 'memberships', pk: key });
  return page.items.map(toMember);
}

export interface Membership {
  key: string;
  endpoint: string;
}

/** One part of the listing of a group, page by page; eventually consistent. */
export async function* listBucket(
  tables: Tables,
  group: string,
  bucket: number,
): AsyncGenerator<readonly Membership[]> {
  let after: string | undefined;
  do {
    const page = await tables.query({
      table: 'memberships',
      pk: `${group}|${bucket}`,
      index: 'by-group',
      ...(after === undefined ? {} : { after }),
    });
    yield page.items.map(({ key }) => ({ key: key.pk, endpoint: key.sk ?? '' }));
    after = page.next;
  } while (after !== undefined);
}

/** Every (realm, address) of a group, from the index; eventually consistent, for listings and reconcile only. */
export async function listGroup(tables: Tables, group: string): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (let bucket = 0; bucket < listingBuckets; bucket++)
    for await (const page of listBucket(tables, group, bucket))
      for (const { key, endpoint } of page) result.set(key, endpoint);
  return result;
}
