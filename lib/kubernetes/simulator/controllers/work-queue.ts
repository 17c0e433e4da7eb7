import { Refusal } from '../refusal.ts';

/** Keys done in one turn; then requests have theirs. */
const batch = 200;

/** Work by key: a key that is asked for many times is done once. Runs by itself, outside of whoever asks. */
export class WorkQueue {
  readonly #work: (key: string) => void;
  readonly #keys = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(work: (key: string) => void) {
    this.#work = work;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#keys.add(key);
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#keys.clear();
    clearImmediate(this.#scheduled);
  }

  /** What the rules refuse is not done, and looked at again when something changes. */
  #do(key: string): void {
    try {
      this.#work(key);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #run(): void {
    this.#scheduled = undefined;
    let left = batch;
    for (const key of this.#keys) {
      if (left-- === 0) break;
      this.#keys.delete(key);
      this.#do(key);
    }
    if (this.#keys.size > 0) this.#scheduled ??= setImmediate(() => this.#run());
  }
}
