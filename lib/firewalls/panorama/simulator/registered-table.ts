/** A refused entry, with the text that the interface gives. */
export interface RefusedTag {
  ip: string;
  message: string;
}

interface Registration {
  /** Milliseconds since 1970; undefined: never. */
  until: number | undefined;
  persistent: boolean;
}

export interface TableRules {
  now(): number;
  /** Addresses with tags that fit. */
  capacity(): number;
  /** Whether a pair that is there already is refused, as most versions do, or passed over. */
  duplicates(): 'refused' | 'ignored';
  /** Whether passing over it begins its time anew; only with `ignored`. */
  refreshes(): boolean;
}

const tagsPerAddress = 32;

/** Addresses with their registered tags, of one virtual system or of a Panorama itself. Nothing is counted twice: a pair is there or not. */
export class RegisteredTable {
  readonly #rules: TableRules;
  readonly #refusedOnce = new Set<string>();
  readonly #tags = new Map<string, Map<string, Registration>>();
  /** When the first registration ends: nothing has to be looked through before. */
  #firstEnd = Infinity;

  constructor(rules: TableRules) {
    this.#rules = rules;
  }

  /** One entry of a message: one tag that is there already keeps the whole entry from being added. */
  register(
    ip: string,
    tags: readonly { name: string; timeoutSeconds: number }[],
    persistent = true,
  ): RefusedTag | undefined {
    this.#expire();
    if (tags.some(({ name }) => this.#refusedOnce.delete(`${ip} ${name}`))) return undefined;
    const own = this.#tags.get(ip) ?? new Map<string, Registration>();
    const known = tags.filter(({ name }) => own.has(name));
    const duplicate = known[0];
    if (duplicate && this.#rules.duplicates() === 'refused')
      return { ip, message: `tag ${duplicate.name} already exists, ignore` };
    if (own.size === 0 && this.#tags.size >= this.#rules.capacity())
      return { ip, message: 'registered ip capacity reached' };
    if (own.size + tags.length - known.length > tagsPerAddress)
      return { ip, message: 'cannot add tag to the address' };
    for (const { name, timeoutSeconds } of tags) {
      if (own.has(name) && !this.#rules.refreshes()) continue;
      const until = timeoutSeconds > 0 ? this.#rules.now() + timeoutSeconds * 1000 : undefined;
      own.set(name, { until, persistent });
      this.#firstEnd = Math.min(this.#firstEnd, until ?? Infinity);
    }
    this.#tags.set(ip, own);
    return undefined;
  }

  /** Lets the next message about this pair be refused without a word about it, as an entry is that holds a duplicate, too. */
  refuseOnce(ip: string, tag: string): void {
    this.#refusedOnce.add(`${ip} ${tag}`);
  }

  unregister(ip: string, tags: readonly string[]): RefusedTag | undefined {
    this.#expire();
    const own = this.#tags.get(ip);
    const missing = tags.find((name) => !own?.has(name));
    if (missing !== undefined) return { ip, message: `tag ${missing} does not exist, ignore unreg` };
    for (const name of tags) own?.delete(name);
    if (own?.size === 0) this.#tags.delete(ip);
    return undefined;
  }

  /** Rows in the order they came, each with its tags. */
  rows(): { ip: string; tags: string[]; persistent: boolean }[] {
    this.#expire();
    return [...this.#tags].map(([ip, own]) => ({
      ip,
      tags: [...own.keys()],
      persistent: [...own.values()].every(({ persistent }) => persistent),
    }));
  }

  /** The same table again, on its own. */
  copy(): RegisteredTable {
    const copy = new RegisteredTable(this.#rules);
    for (const [ip, own] of this.#tags) copy.#tags.set(ip, new Map(own));
    copy.#firstEnd = this.#firstEnd;
    return copy;
  }

  has(tag: string): boolean {
    return this.rows().some(({ tags }) => tags.includes(tag));
  }

  /** What a restart leaves. */
  reboot(): void {
    for (const [ip, own] of this.#tags) {
      for (const [tag, { persistent }] of own) if (!persistent) own.delete(tag);
      if (own.size === 0) this.#tags.delete(ip);
    }
  }

  #expire(): void {
    const now = this.#rules.now();
    if (now < this.#firstEnd) return;
    this.#firstEnd = Infinity;
    for (const [ip, own] of this.#tags) {
      for (const [tag, { until }] of own) {
        if (until !== undefined && until <= now) own.delete(tag);
        else this.#firstEnd = Math.min(this.#firstEnd, until ?? Infinity);
      }
      if (own.size === 0) this.#tags.delete(ip);
    }
  }
}
