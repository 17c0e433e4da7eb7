import type { CommitReader } from '../../../simulators/vendor.ts';

export interface Commit {
  number: number;
  at: number;
  /** Such as `set /pm/config/adom/root/_external/resource/x.txt`. */
  what: string;
}

/** Accepted writes, newest last; the oldest are forgotten. */
export class CommitLog implements CommitReader {
  readonly #commits: Commit[] = [];
  #last = 0;

  get last(): number {
    return this.#last;
  }

  add(what: string): void {
    this.#last += 1;
    this.#commits.push({ number: this.#last, at: performance.timeOrigin + performance.now(), what });
    if (this.#commits.length > 10_000) this.#commits.splice(0, 5_000);
  }

  after(number: number): readonly Commit[] {
    return this.#commits.filter((commit) => commit.number > number);
  }
}
