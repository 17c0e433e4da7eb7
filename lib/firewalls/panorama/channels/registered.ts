import type { PanoramaClient } from '../client.ts';
import { incomplete } from '../client.ts';
import { child, childrenNamed, textAt, xml, xmlText } from '../xml.ts';
import { canonicalIp } from './uid-message.ts';

const pageSize = 500;
/** No device keeps more; what goes on beyond it is no table. */
const pagesMax = 20_000;

/** A registered address with all its tags, whoever registered them. */
export interface RegisteredIp {
  ip: string;
  tags: string[];
}

/** Addresses that carry a tag, page by page. Throws when a page is missing. */
export async function listTagged(client: PanoramaClient, tag: string): Promise<string[]> {
  const found = new Map<string, RegisteredIp>();
  for (let page = 0; page < pagesMax; page++) {
    const entries = await readPage(client, { tag, limit: pageSize, start: page * pageSize + 1 });
    const before = found.size;
    for (const entry of entries) found.set(entry.ip, entry);
    if (entries.length < pageSize)
      return [...found.values()].filter(({ tags }) => tags.includes(tag)).map(({ ip }) => ip);
    if (found.size === before) break;
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

/** Assumption: `count` counts this page or the whole table, no source says which; a page shorter than both allow is cut. */
function isCut(length: number, page: { start: number; limit: number; counted: number }): boolean {
  const { start, limit, counted } = page;
  if (length === 0 && start > counted && start > 1) return false;
  return length < (counted <= limit ? counted : Math.min(limit, counted - start + 1));
}
