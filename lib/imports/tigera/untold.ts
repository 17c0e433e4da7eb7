import { quoted } from '../../core/model/quoted.ts';
import type { Finding } from './finding.ts';
import { isMap } from './objects.ts';

/** What is known of an entry of a map; undefined for one that nobody knows. */
export type Entries = (key: string, value: unknown) => Known | undefined;

/** What is known of a value. Whatever an object says that nothing here stands for is told as unknown. */
export interface Known {
  /** Why it is not in the new configuration, and what to do; without a reason it is there, or says nothing. */
  reason?: string;
  /** What is known of its entries; without it nothing inside matters. */
  inside?: Entries;
  /** A list whose elements have names, looked at by them. */
  named?: true;
  /** Plain texts and numbers say nothing here, as in objects of others. */
  texts?: true;
}

/** A value that is in the new configuration, or says nothing that could be. */
export const taken: Known = {};

/** What is known of a map with exactly these keys. */
export function fields(known: Readonly<Record<string, Known>>): Known {
  return { inside: (key) => (Object.hasOwn(known, key) ? known[key] : undefined) };
}

/** The same knowledge of several keys. */
export function each(keys: string, known: Known = taken): Record<string, Known> {
  return Object.fromEntries(keys.split(' ').map((key) => [key, known]));
}

export interface Untold {
  path: string;
  reason: string;
}

const unknown = 'nothing that we know: find out what it does before the former controller is stopped';
/** Nothing that the former tool reads is nested so deep. */
const deepest = 50;

/** Places of a value that are not carried over. Only keys are shown, never values: those may be secrets. */
export function untold(value: unknown, known: Known, at: readonly string[] = []): Untold[] {
  if (!known.inside) return [];
  if (Array.isArray(value)) {
    if (known.named) return untold(byName(value), { inside: known.inside }, at);
    return value.flatMap((one) => untold(one, known, [...at, '[]']));
  }
  // A text where fields are expected holds what nobody looked at.
  if (!isMap(value)) return known.texts || saysNothing(value) ? [] : [{ path: shown(at), reason: unknown }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...at, key];
    const one = known.inside?.(key, inner);
    if (one === undefined) return places(inner, here).map((path) => ({ path, reason: unknown }));
    const own =
      one.reason === undefined || saysNothing(inner) ? [] : [{ path: shown(here), reason: one.reason }];
    return [...own, ...untold(inner, one, here)];
  });
}

/** Each place inside a value at which something stands; elements of a list share one. */
export function places(value: unknown, at: readonly string[] = []): string[] {
  const inside: [string, unknown][] = Array.isArray(value)
    ? value.map((one: unknown) => ['[]', one])
    : isMap(value)
      ? Object.entries(value)
      : [];
  if (inside.length === 0 || at.length >= deepest) return [shown(at)];
  return [...new Set(inside.flatMap(([key, inner]) => places(inner, [...at, key])))];
}

/** One finding for all places that have the same reason. */
export function findingsOf(all: readonly Untold[], place: string, what?: string): Finding[] {
  const before = what === undefined ? '' : `${what}: `;
  return [...Map.groupBy(all, ({ reason }) => reason)].map(([reason, found]) => ({
    place,
    what: `${before}${[...new Set(found.map(({ path }) => path))].join(', ')}`,
    reason,
  }));
}

function saysNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === undefined || (isMap(value) && Object.keys(value).length === 0);
}

function byName(list: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    list.map((one) => [isMap(one) && typeof one['name'] === 'string' ? one['name'] : '(no name)', one]),
  );
}

/** Longest key of a label or annotation. */
const longestKey = 317;

/** `spec.rules[].action`; a key that is no plain word in quotes: `metadata.labels["a.b/c"]`. */
function shown(at: readonly string[]): string {
  return at
    .map((key, index) => {
      if (key === '[]') return key;
      if (/^[\w-]{1,63}$/.test(key)) return index === 0 ? key : `.${key}`;
      return `[${quoted(key, longestKey)}]`;
    })
    .join('');
}
