/** One accepted write. */
export interface Commit {
  number: number;
  /** Milliseconds since 1970 with fraction. */
  at: number;
  domain: string;
  /** Such as `POST object/dynamicobjectmappings`. */
  what: string;
  user: string;
}

const kept = 100_000;

/** The accepted writes, numbered; also what the audit of the manager shows. */
export class CommitLog {
  readonly #commits: Commit[] = [];
  #last = 0;

  append(commit: Omit<Commit, 'number' | 'at'>): void {
    this.#last += 1;
    this.#commits.push({ ...commit, number: this.#last, at: performance.timeOrigin + performance.now() });
    if (this.#commits.length > kept) this.#commits.shift();
  }

  get last(): number {
    return this.#last;
  }

  after(number: number): readonly Commit[] {
    return this.#commits.filter((commit) => commit.number > number);
  }
}
