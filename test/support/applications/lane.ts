type Job = () => Promise<unknown>;

/** Jobs one after the other, as a queue gives them to one function. */
export class Lane {
  readonly #jobs: Job[] = [];
  readonly #later = new Set<NodeJS.Timeout>();
  readonly #fail: (error: unknown) => void;
  #working: Promise<void> | undefined;

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
  }

  get idle(): boolean {
    return this.#working === undefined && this.#later.size === 0;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.#working ??= this.#work();
  }

  addLater(job: Job, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.#later.delete(timer);
      this.add(job);
    }, milliseconds);
    this.#later.add(timer);
  }

  /** Ends after the job that is under way; what waits is dropped. */
  async stop(): Promise<void> {
    for (const timer of this.#later) clearTimeout(timer);
    this.#later.clear();
    this.#jobs.splice(0);
    await this.#working;
  }

  async #work(): Promise<void> {
    // Not within the call that adds: a function never runs inside of the one that woke it.
    await Promise.resolve();
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job().catch(this.#fail);
    this.#working = undefined;
  }
}
