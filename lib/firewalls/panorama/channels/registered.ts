import type { PanoramaClient } from '../client.ts';
import { incomplete } from '../client.ts';
import { child, childrenNamed, textAt, xml, xmlText } from '../xml.ts';
import { canonicalIp } from './uid-message.ts';

const pageSize = 500;
/** No device keeps more; what goes on beyond it is no table. */
const pagesMax = 20_000;
/** How often a list is begun that moves while it is read. */
const listingsMax = 3;

/** A registered address with all its tags, whoever registered them. */
export interface RegisteredIp {
  ip: string;
  tags: string[];
}

/** Addresses that carry a tag. Throws when a page is missing, or when the table does not stand still for long enough to be read. */
export async function listTagged(client: PanoramaClient, tag: string): Promise<string[]> {
  for (let listing = 0; listing < listingsMax; listing++) {
    const found = await readPages(client, tag);
    if (found) return found;
  }
  throw incomplete('op show object registered-ip');
}

/**
 * Page by page, each beginning with the row that ended the one before. Undefined when it does not: rows have moved in between, and one that
 * is there may stand on no page. Assumption: rows keep their order, and what is new does not come before what goes.
 */
async function readPages(client: PanoramaClient, tag: string): Promise<string[] | undefined> {
  const found = new Map<string, RegisteredIp>();
  let last: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const entries = await readPage(client, { tag, limit: pageSize, start: page * (pageSize - 1) + 1 });
    if (page > 0 && entries[0]?.ip !== last) return undefined;
    const before = found.size;
    for (const entry of entries) found.set(entry.ip, entry);
    if (entries.length < pageSize)
      return [...found.values()].filter(({ tags }) => tags.includes(tag)).map(({ ip }) => ip);
    if (found.size === before) break;
    last = entries.at(-1)?.ip;
  }
  throw incomplete('op show object registered-ip');
}

/** All tags of one address; empty when it has none. Assumption: `ip` asks for this very address, whatever contains it. */
export async function tagsOf(client: PanoramaClient, ip: string): Promise<string[]> {
  const entries = await readPage(client, { ip, limit: pageSize, start: 1 });
  return entries.find((entry) => entry.ip === ip)?.tags ?? [];
}

/** One row of the table at most: shows that it may be read. */
export async function probe(client: PanoramaClient, tag: string): Promise<void> {
  await readPage(client, { tag, limit: 1, start: 1 });
}

async function readPage(
  client: PanoramaClient,
  asked: { tag?: string; ip?: string; limit: number; start: number },
): Promise<RegisteredIp[]> {
  const { tag, ip, limit, start } = asked;
  const fields = [
    xmlText('limit', String(limit)),
    xmlText('start-point', String(start)),
    ...(tag === undefined ? [] : [xml('tag', {}, [xml('entry', { name: tag })])]),
    ...(ip === undefined ? [] : [xmlText('ip', ip)]),
  ];
  const { result } = await client.op(
    xml('show', {}, [xml('object', {}, [xml('registered-ip', {}, fields)])]),
  );
  const counted = textAt(result, 'count') ?? '';
  const entries = childrenNamed(result, 'entry').map((entry) => ({
    ip: canonicalIp(entry.attributes['ip'] ?? ''),
    tags: childrenNamed(child(entry, 'tag'), 'member').map((member) => member.text.trim()),
  }));
  // An answer without a list is no empty list: versions before 8.0 give the name of a file. Assumption: an empty list has a count, too.
  if (!/^\d{1,9}$/.test(counted) || isCut(entries.length, { start, limit, counted: Number(counted) }))
    throw incomplete('op show object registered-ip');
  return entries;
}

/** Assumption: `count` counts this page or the whole table, no source says which; a page that fits neither is cut. */
function isCut(length: number, page: { start: number; limit: number; counted: number }): boolean {
  const { start, limit, counted } = page;
  return length !== counted && length !== Math.max(0, Math.min(limit, counted - start + 1));
}
