import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type { FortigateClient, Query } from '../client.ts';
import type { Envelope } from '../envelope.ts';
import { isMissing } from '../errors.ts';
import { nameKey } from '../names.ts';

const rowSchema = z.looseObject({ name: z.string() });
export type Row = z.infer<typeof rowSchema>;

const memberList = z.array(z.looseObject({ name: z.string() }));
const pageSize = 1_000;
/** How often a table is begun anew that changes while it is read. */
const attemptsMax = 3;

/** One row by its key, or undefined when the device says that it is not there. */
export async function readRow(
  client: FortigateClient,
  path: string,
  query: Query = {},
): Promise<Row | undefined> {
  let found: Envelope;
  try {
    found = await client.get(path, query);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const [first] = rowsOf(found, path);
  // `results` is a list even for one key; an empty one would be a page that is missing, not an object that is.
  if (!first) throw new ZonebridgeError('firewall/unexpected-answer', `GET ${path}: success without a row`);
  const wanted = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  if (nameKey(first.name) !== nameKey(wanted)) {
    throw new ZonebridgeError('firewall/unexpected-answer', `GET ${path}: the row is named otherwise`);
  }
  return first;
}

/** All rows of a table, page by page. Throws when a page is missing, or when the table never stands still. */
export async function readTable(client: FortigateClient, path: string, query: Query): Promise<Row[]> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const rows = await readPages(client, path, query);
    if (rows) return rows;
  }
  throw new ZonebridgeError('firewall/busy', `GET ${path}: the table changes faster than it can be read`);
}

/**
 * Undefined when the table changed between two pages: a row that leaves the first one pulls another over the border, and nothing would show
 * that it was never read. Assumption: `revision` is a digest of the table, as public captures show it; a version without it is not noticed.
 */
async function readPages(client: FortigateClient, path: string, query: Query): Promise<Row[] | undefined> {
  const rows = new Map<string, Row>();
  let revision: string | undefined;
  for (;;) {
    const found = await client.get(path, { ...query, start: rows.size, count: pageSize });
    const page = rowsOf(found, path);
    if (rows.size > 0 && found.revision !== revision) return undefined;
    ({ revision } = found);
    const before = rows.size;
    for (const row of page) rows.set(row.name, row);
    if (page.length < pageSize) {
      if (found.matched_count !== undefined && found.matched_count > rows.size) throw missingPage(path);
      return [...rows.values()];
    }
    if (rows.size === before) throw missingPage(path);
  }
}

function missingPage(path: string): ZonebridgeError {
  return new ZonebridgeError('firewall/unexpected-answer', `GET ${path}: the list came back incomplete`);
}

function rowsOf(found: Envelope, path: string): Row[] {
  const rows = z.array(rowSchema).safeParse(found.results);
  if (!rows.success)
    throw new ZonebridgeError('firewall/unexpected-answer', `GET ${path}: results are no rows`);
  return rows.data;
}

export function textOf(row: Row, field: string): string {
  const value = row[field];
  return typeof value === 'string' ? value : '';
}

/** Names that a group leaves out of what its members match; none unless it says that it does. */
export function excludedNames(row: Row): string[] {
  if (row['exclude'] !== 'enable') return [];
  const excluded = memberList.safeParse(row['exclude-member']);
  if (excluded.success) return excluded.data.map(({ name }) => name);
  const text = `group ${row.name} came back without what it leaves out (exclude-member)`;
  throw new ZonebridgeError('firewall/unexpected-answer', text);
}

/** Names in the `member` field of a group. A group that came without the field is an error, not an empty group. */
export function memberNames(row: Row): string[] {
  const members = memberList.safeParse(row['member']);
  if (!members.success) {
    throw new ZonebridgeError(
      'firewall/unexpected-answer',
      `group ${row.name} came back without its members`,
    );
  }
  return members.data.map((member) => member.name);
}
