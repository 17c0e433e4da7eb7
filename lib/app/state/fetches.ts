import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Tables, Write } from '../../core/ports.ts';
import { names } from '../names.ts';
import { count, text } from './items.ts';

/** Which version of a list a firewall fetched last. */
export interface Fetch {
  list: string;
  reader: string;
  /** Address that it came from. */
  address: string;
  version: string;
  /** Milliseconds since 1970; up to five minutes older than the last fetch of the same version. */
  at: number;
}

/** Who did not fetch for so long is forgotten: `history` forgets rows by itself. */
const keptDays = 30;

/** As many rows as are looked at: ten lists of ten thousand firewalls. */
export const fetchesMax = 100_000;

export async function noteFetch(tables: Tables, firewall: string, fetch: Fetch): Promise<true> {
  await tables.write(rowOf(firewall, fetch));
  return true;
}

/** Notes that whoever fetched this version is there and has it. False when it fetched another one last, or none. */
export async function noteStillHeld(tables: Tables, firewall: string, fetch: Fetch): Promise<boolean> {
  try {
    await tables.write({
      ...rowOf(firewall, fetch),
      if: [{ attribute: 'version', is: '=', value: fetch.version }],
    });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}

function rowOf(firewall: string, { list, reader, address, version, at }: Fetch): Write & { put: Item } {
  const key = { table: 'history', pk: names.fetches(firewall), sk: `${list}|${reader}|${address}` } as const;
  return { key, put: { version, at, expiresAt: Math.ceil(at / 1000) + keptDays * 86_400 } };
}

/** Rows of a firewall, or of one of its lists, in the order of list, reader and address; not much more than `most`. */
export async function readFetches(
  tables: Tables,
  firewall: string,
  { most, list: only }: { most: number; list?: string },
): Promise<Fetch[]> {
  const prefix = only === undefined ? {} : { prefix: `${only}|` };
  const fetches: Fetch[] = [];
  let after: string | undefined;
  do {
    const more = after === undefined ? {} : { after };
    const page = await tables.query({ table: 'history', pk: names.fetches(firewall), ...prefix, ...more });
    for (const { key, item } of page.items) {
      const [list = '', reader = '', address = ''] = (key.sk ?? '').split('|');
      const version = text(item, 'version') ?? '';
      fetches.push({ list, reader, address, version, at: count(item, 'at') });
    }
    after = page.next;
  } while (after !== undefined && fetches.length < most);
  return fetches;
}
