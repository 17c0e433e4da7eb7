/** What one accepted write did, for the commit log. */
export interface Change {
  kind:
    | 'create'
    | 'update'
    | 'rename'
    | 'delete'
    | 'member-add'
    | 'member-remove'
    | 'feed-add'
    | 'feed-remove'
    | 'feed-snapshot'
    | 'feed-lost';
  /** Table such as `firewall/addrgrp`; feeds use `system/external-resource`. */
  path: string;
  key: string;
  /** Scalar fields that have another value now. */
  fields?: string[];
  /** Names or entries that came and went, per list; `entries` for feeds. */
  added?: Record<string, string[]>;
  removed?: Record<string, string[]>;
  /** After a rename. */
  newKey?: string;
}

/** A change with its place and time. */
export interface Commit extends Change {
  /** Rises by one with every commit. */
  number: number;
  /** Milliseconds since 1970 with fraction, taken when the write was complete and before it was answered. */
  at: number;
  vdom: string;
}

/** Most recent commits of a device; older ones are dropped beyond the given number. */
export class CommitLog {
  #commits: Commit[] = [];
  #last = 0;
  readonly #keep: number;

  constructor(keep = 200_000) {
    this.#keep = keep;
  }

  /** Number of the newest commit, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  append(vdom: string, change: Change): Commit {
    this.#last += 1;
    const commit: Commit = {
      number: this.#last,
      at: performance.timeOrigin + performance.now(),
      vdom,
      ...change,
    };
    this.#commits.push(commit);
    if (this.#commits.length > this.#keep * 1.1) {
      this.#commits = this.#commits.slice(-this.#keep);
    }
    return commit;
  }

  /** Commits with a higher number, oldest first. */
  after(number: number): Commit[] {
    const first = this.#commits[0]?.number ?? 0;
    return this.#commits.slice(Math.max(0, number + 1 - first));
  }
}
