import type { CommitReader } from './vendor.ts';

/** An accepted write: its number, when it was complete (milliseconds since 1970 with fraction), and what its vendor says of it. */
export type Numbered<D extends object> = D & { number: number; at: number };

/** Older ones are forgotten. */
const kept = 200_000;

/** The accepted writes of a simulated device, newest last. */
export class CommitLog<D extends object = object> implements CommitReader {
  #commits: Numbered<D>[] = [];
  #last = 0;

  get last(): number {
    return this.#last;
  }

  /** Notes a write that is complete and not yet answered. */
  append(details: D): Numbered<D> {
    this.#last += 1;
    const commit = { number: this.#last, at: performance.timeOrigin + performance.now(), ...details };
    this.#commits.push(commit);
    if (this.#commits.length > kept * 1.1) this.#commits = this.#commits.slice(-kept);
    return commit;
  }

  after(number: number): readonly Numbered<D>[] {
    const first = this.#commits[0]?.number ?? 0;
    return this.#commits.slice(Math.max(0, number + 1 - first));
  }
}
