import { randomBytes } from 'node:crypto';
import { CommitLog } from '../../../simulators/commit-log.ts';
import { type Change, type Entry, StoredList } from './stored-list.ts';
import { Refusal } from './refusal.ts';

/** Quotas (Amazon VPC User Guide, "Customer-managed prefix lists"), and how the parts behave that no source describes. */
export interface RegionSettings {
  account: string;
  region: string;
  /** How long a change is in progress. Assumption: no source tells how long it takes on AWS. */
  modifyMs: number;
  limits: { lists: number; entries: number };
  /** No list takes further entries, whatever its size: for a full table. */
  closed: boolean;
}

/** A resource that uses a list. `room`: entries that it can take in all, when it has a quota. */
export interface Association {
  list: string;
  resourceId: string;
  resourceOwner: string;
  room?: number | undefined;
}

/** The prefix lists of one account in one region. */
export class Region {
  readonly settings: RegionSettings;
  readonly commits = new CommitLog();
  associations: Association[] = [];
  #lists = new Map<string, StoredList>();
  readonly #tokens = new Map<string, string>();

  constructor(settings: RegionSettings) {
    this.settings = settings;
  }

  /** All that are not deleted, changes that are due done. */
  lists(now: number): StoredList[] {
    for (const [id, list] of this.#lists) if (list.settle(now)) this.#lists.delete(id);
    return [...this.#lists.values()];
  }

  /** By name, the first that is there; for tests and for what the demo shows. */
  named(name: string, family: 4 | 6): StoredList | undefined {
    return this.lists(Date.now()).find((list) => list.name === name && list.family === family);
  }

  list(id: string, now: number): StoredList {
    const found = this.lists(now).find((list) => list.id === id);
    if (!found) throw new Refusal('InvalidPrefixListID.NotFound', `The prefix list (${id}) does not exist.`);
    return found;
  }

  /** The same token names the same list (EC2 API reference: "Ensuring idempotency"). */
  create(
    what: Pick<StoredList, 'name' | 'family' | 'maxEntries' | 'tags'>,
    more: { token?: string | undefined; entries?: readonly Entry[]; owner?: string; now: number },
  ): StoredList {
    const known = more.token === undefined ? undefined : this.#lists.get(this.#tokens.get(more.token) ?? '');
    if (known) return known;
    if (this.#lists.size >= this.settings.limits.lists)
      throw new Refusal('PrefixListLimitExceeded', 'The maximum number of prefix lists has been reached.');
    const id = `pl-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const list = new StoredList({ ...what, id, owner: more.owner ?? this.settings.account });
    list.put(more.entries ?? []);
    list.begin({ word: 'create', until: more.now + this.settings.modifyMs, done: () => undefined });
    this.#lists.set(id, list);
    if (more.token !== undefined) this.#tokens.set(more.token, id);
    this.commits.append({});
    return list;
  }

  /** Begins a change of a list, which ends after a while. */
  change(
    list: StoredList,
    change: Omit<Change, 'until'>,
    options: { now: number; ms?: number | undefined },
  ): void {
    list.begin({
      ...change,
      until: options.now + (options.ms ?? this.settings.modifyMs),
      done: () => {
        change.done();
        this.commits.append({});
      },
    });
  }

  /** Why a size cannot be: the first ten resources without room. Assumption: the words of the message. */
  withoutRoom(list: StoredList, size: number): string | undefined {
    const full = this.associations.filter(
      ({ list: id, room }) => id === list.id && room !== undefined && room < size,
    );
    if (full.length === 0) return undefined;
    const ids = full.slice(0, 10).map(({ resourceId }) => resourceId);
    return `The following resources do not support the new maximum size: ${ids.join(', ')}`;
  }

  /** Puts a list there without a call. */
  seed(list: StoredList): StoredList {
    this.#lists.set(list.id, list);
    return list;
  }

  copy(): Region {
    const copy = new Region(this.settings);
    copy.associations = [...this.associations];
    for (const list of this.#lists.values()) copy.seed(list.copy());
    return copy;
  }
}
