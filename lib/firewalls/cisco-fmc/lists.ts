import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { FmcClient, Query } from './client.ts';
import type { Body } from './envelope.ts';

const pageSize = 1_000;
/** Written as numbers or as texts. */
const figure = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
const page = z.looseObject({
  items: z.array(z.looseObject({})).optional(),
  paging: z.looseObject({ count: figure.optional() }).optional(),
});

interface ListRequest {
  path: string;
  query?: Query;
  /** How many there are, where it is known from elsewhere. */
  expected?: number | undefined;
  /** More than so many are not read. */
  most?: number;
}

/** More than the configuration lets an object have, and more pages than those take. */
const itemsMax = 200_000;
const pagesMax = 500;

/** How often a list of several pages is read until it is the same twice. */
const passesMax = 4;

/**
 * All items of a list, 1,000 to a call. A list that is empty has no `items`; one that came without any figure to prove it, shorter than
 * it should be, longer than can be read, or with pages that go on moving throws `firewall/unexpected-answer`.
 *
 * Several pages are read until two passes show the same: what is replaced meanwhile keeps the count, names nothing twice, and moves
 * something past the place where we read. No source tells the order of a list, so nothing less proves that none is missing.
 */
export async function listAll<T>(client: FmcClient, item: z.ZodType<T>, request: ListRequest): Promise<T[]> {
  const { path, expected } = request;
  let counted = expected === undefined;
  let before: ReadonlySet<string> | undefined;
  for (let pass = 0; pass < passesMax; pass++) {
    const { items, pages } = await readPass(client, item, request);
    // The count from elsewhere is of the time before; what came since, the passes show.
    counted ||= items?.length === expected;
    if (items && !counted) throw incomplete(path);
    if (items && pages === 1) return items;
    const now = items && new Set(items.map((one) => JSON.stringify(one)));
    if (items && now && before && isSameSet(now, before)) return items;
    before = now;
  }
  throw incomplete(path);
}

export function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

/** All pages once; without items when they do not fit together. */
async function readPass<T>(
  client: FmcClient,
  item: z.ZodType<T>,
  request: ListRequest,
): Promise<{ items?: T[]; pages: number }> {
  const { path, query = {}, most = itemsMax } = request;
  const found: T[] = [];
  for (let pages = 1; pages <= pagesMax; pages++) {
    const body = await client.get(path, { ...query, limit: pageSize, offset: found.length });
    const { items, count } = readPage(item, body, request);
    found.push(...items);
    if (Math.max(count ?? 0, found.length) > most) throw tooLong(path, most);
    const more = count === undefined ? items.length === pageSize : found.length < count;
    if (!more && (count ?? found.length) === found.length) return { items: found, pages };
    if (more && items.length > 0) continue;
    if (pages === 1) throw incomplete(path);
    return { pages };
  }
  throw tooLong(path, most);
}

function readPage<T>(
  item: z.ZodType<T>,
  body: Body,
  { path, expected }: ListRequest,
): { items: T[]; count: number | undefined } {
  const answer = page.safeParse(body);
  const items = z.array(item).safeParse(answer.data?.items ?? []);
  if (!answer.success || !items.success) throw incomplete(path);
  const { items: given, paging } = answer.data;
  const count = paging?.count ?? expected;
  if (given === undefined && count === undefined) throw incomplete(path);
  return { items: items.data, count };
}

/** Refuses a list that names something twice: a page moved while the next one was read. */
export function distinct<T>(list: readonly T[], key: (one: T) => string, path: string): readonly T[] {
  if (new Set(list.map(key)).size < list.length) throw incomplete(path);
  return list;
}

function incomplete(path: string): ZonebridgeError {
  return new ZonebridgeError('firewall/unexpected-answer', `GET ${path}: the list came back incomplete`);
}

function tooLong(path: string, most: number): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/unexpected-answer',
    `GET ${path}: more than ${most} items or ${pagesMax} pages, which nobody reads`,
    { fields: { tooLong: true } },
  );
}

/** The object that a write answers with. Throws `firewall/outcome-unknown` for anything else: success was said, and not shown. */
export function readItem<T>(item: z.ZodType<T>, body: Body, call: string): T {
  const read = item.safeParse(body);
  if (read.success) return read.data;
  throw new ZonebridgeError('firewall/outcome-unknown', `${call}: success that does not show the object`);
}
