import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Settings } from './settings.ts';
import { isAtLeast } from './version.ts';

/** 128 K entries a feed before 7.4.4; from 7.4.4 300,000 over all feeds (the same for every model class). */
const entriesPerFeed = 131_072;
const entriesPerDevice = 300_000;

export type FeedCommand = 'add' | 'remove' | 'snapshot';

export interface Feed {
  /** Text of each entry, in the order of arrival, with whether the device can use it. */
  entries: Map<string, boolean>;
  validCount: number;
  overflow: boolean;
  /** Seconds since 1970. */
  lastUpdate: number;
}

/** A feed as the state file keeps it. */
export interface FeedState {
  entries: string[];
  overflow: boolean;
  lastUpdate: number;
}

export interface FeedDifference {
  added: string[];
  removed: string[];
  invalid: string[];
}

/** Entries pushed into the feeds of a VDOM. They are no configuration: no revision changes. */
export class FeedStore {
  readonly #settings: Settings;
  readonly #elsewhere: () => number;
  readonly #feeds = new Map<string, Feed>();
  #total = 0;

  constructor(settings: Settings, entriesElsewhere: () => number) {
    this.#settings = settings;
    this.#elsewhere = entriesElsewhere;
  }

  /** Entries over all feeds. */
  get total(): number {
    return this.#total;
  }

  names(): string[] {
    return [...this.#feeds.keys()];
  }

  /** A feed without a push so far reads as an empty one. */
  read(name: string): Feed {
    return this.#feeds.get(name) ?? { entries: new Map(), validCount: 0, overflow: false, lastUpdate: 0 };
  }

  /**
   * Runs one command of a push. What does not fit is cut without an error and shown as `overflow`.
   * Assumption: entries are compared as text; a cut entry is counted nowhere; `overflow` stays until the feed has room again.
   */
  run(name: string, command: FeedCommand, entries: readonly string[]): FeedDifference {
    const feed = this.read(name);
    this.#feeds.set(name, feed);
    const difference: FeedDifference = { added: [], removed: [], invalid: [] };
    const wanted = entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
    if (command === 'snapshot') {
      const keep = new Set(wanted);
      this.#take(
        feed,
        [...feed.entries.keys()].filter((entry) => !keep.has(entry)),
        difference,
      );
    } else if (command === 'remove') {
      this.#take(feed, wanted, difference);
    }
    const cut = command === 'remove' ? false : this.#put(feed, wanted, difference);
    feed.overflow = cut || (feed.overflow && this.#room(feed) <= 0);
    feed.lastUpdate = Math.floor(Date.now() / 1000);
    return difference;
  }

  /** Forgets a feed whose object was deleted, or all entries of one at a reboot that loses them. */
  drop(name: string): string[] {
    const feed = this.#feeds.get(name);
    this.#feeds.delete(name);
    this.#total -= feed?.entries.size ?? 0;
    return [...(feed?.entries.keys() ?? [])];
  }

  rename(name: string, newName: string): void {
    const feed = this.#feeds.get(name);
    if (feed !== undefined) {
      this.#feeds.delete(name);
      this.#feeds.set(newName, feed);
    }
  }

  snapshot(): Record<string, FeedState> {
    const feeds = [...this.#feeds].map(([name, { entries, overflow, lastUpdate }]): [string, FeedState] => [
      name,
      { entries: [...entries.keys()], overflow, lastUpdate },
    ]);
    return Object.fromEntries(feeds);
  }

  restore(feeds: Record<string, FeedState>): void {
    for (const [name, { entries, overflow, lastUpdate }] of Object.entries(feeds)) {
      this.run(name, 'snapshot', entries);
      Object.assign(this.read(name), { overflow, lastUpdate });
    }
  }

  /** The most entries: of one feed before 7.4.4, of all together from then on. */
  limit(): number {
    const configured = this.#settings.limits.feedEntries;
    return configured > 0
      ? configured
      : isAtLeast(this.#settings.version, '7.4.4')
        ? entriesPerDevice
        : entriesPerFeed;
  }

  #room(feed: Feed): number {
    const used = isAtLeast(this.#settings.version, '7.4.4')
      ? this.#total + this.#elsewhere()
      : feed.entries.size;
    return this.limit() - used;
  }

  #put(feed: Feed, entries: readonly string[], difference: FeedDifference): boolean {
    let cut = false;
    for (const entry of entries) {
      if (feed.entries.has(entry)) {
        continue;
      }
      if (this.#room(feed) <= 0) {
        cut = true;
        continue;
      }
      const valid = isUsableEntry(entry);
      feed.entries.set(entry, valid);
      feed.validCount += valid ? 1 : 0;
      this.#total += 1;
      difference.added.push(entry);
      if (!valid) {
        difference.invalid.push(entry);
      }
    }
    return cut;
  }

  #take(feed: Feed, entries: readonly string[], difference: FeedDifference): void {
    for (const entry of entries) {
      const valid = feed.entries.get(entry);
      if (valid !== undefined) {
        feed.entries.delete(entry);
        feed.validCount -= valid ? 1 : 0;
        this.#total -= 1;
        difference.removed.push(entry);
      }
    }
  }
}

/** Address, prefix (host bits allowed) or range, IPv4 or IPv6. */
function isUsableEntry(entry: string): boolean {
  const range = entry.split('-');
  if (range.length === 2) {
    const [from = '', to = ''] = range.map((part) => part.trim());
    return isIP(from) !== 0 && isIP(from) === isIP(to) && !isBefore(to, from);
  }
  const [address = '', length] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%')) {
    return false;
  }
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

function isBefore(a: string, b: string): boolean {
  return (
    Buffer.compare(Buffer.from(ipaddr.parse(a).toByteArray()), Buffer.from(ipaddr.parse(b).toByteArray())) < 0
  );
}
