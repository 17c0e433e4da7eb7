import { type Call, origin } from './call.ts';
import { invalid, type JsonObject } from './refusal.ts';

const usualLimit = 25;
const limitMax = 1_000;
/** How many of the pages that follow are named. Assumption: the published examples name more than one and do not say how many. */
const nextMax = 5;

/**
 * One page of a list: `items` is left out when there are none, `next` holds addresses of the pages that follow. `texts`: the paging
 * numbers are written as texts.
 */
export function pageOf<T>(
  call: Call,
  all: readonly T[],
  show: (one: T) => JsonObject,
  texts = false,
): JsonObject {
  const { request } = call;
  const offset = numberIn(request.query, 'offset', 0);
  const limit = Math.min(numberIn(request.query, 'limit', usualLimit), limitMax);
  if (limit < 1) throw invalid('limit must be a positive number.');
  const items = all.slice(offset, offset + limit).map(show);
  const written = (value: number): number | string => (texts ? String(value) : value);
  const self = `${origin(request)}${request.path}`;
  const next: string[] = [];
  for (let from = offset + limit; from < all.length && next.length < nextMax; from += limit)
    next.push(`${self}?${withPage(request.query, from, limit)}`);
  return {
    links: { self: `${self}?${withPage(request.query, offset, limit)}` },
    ...(items.length > 0 ? { items } : {}),
    paging: {
      offset: written(offset),
      limit: written(limit),
      count: written(all.length),
      pages: written(Math.max(1, Math.ceil(all.length / limit))),
      ...(next.length > 0 ? { next } : {}),
    },
  };
}

function withPage(query: URLSearchParams, offset: number, limit: number): string {
  const page = new URLSearchParams(query);
  page.set('offset', String(offset));
  page.set('limit', String(limit));
  return page.toString();
}

function numberIn(query: URLSearchParams, name: string, usual: number): number {
  const text = query.get(name);
  if (text === null || text === '') return usual;
  if (!/^\d{1,9}$/.test(text)) throw invalid(`${name} must be a number.`);
  return Number(text);
}
