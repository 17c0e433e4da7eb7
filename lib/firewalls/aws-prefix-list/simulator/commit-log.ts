import type { CommitReader } from '../../../simulators/vendor.ts';

/** When lists changed, numbered. */
export class CommitLog implements CommitReader {
  readonly #times: number[] = [];

  get last(): number {
    return this.#times.length;
  }

  add(): void {
    this.#times.push(performance.timeOrigin + performance.now());
  }

  after(number: number): { number: number; at: number }[] {
    return this.#times.slice(number).map((at, index) => ({ number: number + index + 1, at }));
  }
}
