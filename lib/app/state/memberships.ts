import { parseMembershipKey } from '../../core/model/address-group.ts';
import { spread } from '../../core/model/endpoint.ts';
import type { Key, Tables, Write } from '../../core/ports.ts';

/** A group's full listing is spread over a few index partitions. */
const listingBuckets = 4;

function rowKey(key: string, endpoint: string): Key {
  return { table: 'memberships', pk: key, sk: endpoint };
}

export function join(key: string, endpoint: string, time: number): Write {
  const { group } = parseMembershipKey(key);
  return { key: rowKey(key, endpoint), put: { bucket: `${group}|${spread(key) % listingBuckets}`, time } };
}

export function leave(key: string, endpoint: string): Write {
  return { key: rowKey(key, endpoint), delete: true };
}

/** One endpoint that still gives the address to the group, if any: one query with limit 1, whatever the group's size. */
export async function anyMember(tables: Tables, key: string): Promise<string | undefined> {
  const page = await tables.query({ table: 'memberships', pk: key, limit: 1 });
  return page.items[0]?.key.sk;
}

/** All endpoints that give this address to this group. */
export async function membersOf(tables: Tables, key: string): Promise<string[]> {
  const page = await tables.query({ table: 'memberships', pk: key });
  return page.items.map((stored) => stored.key.sk ?? '');
}

/** Every (realm, address) of a group, from the index; eventually consistent, for listings and reconcile only. */
export async function listGroup(tables: Tables, group: string): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (let bucket = 0; bucket < listingBuckets; bucket++) {
    let after: string | undefined;
    do {
      const page = await tables.query({
        table: 'memberships',
        pk: `${group}|${bucket}`,
        index: 'by-group',
        ...(after === undefined ? {} : { after }),
      });
      for (const stored of page.items) result.set(stored.key.pk, stored.key.sk ?? '');
      after = page.next;
    } while (after !== undefined);
  }
  return result;
}
