/** What happens at a moment of simulated time. */
interface Event {
  time: number;
  /** Order of scheduling; decides between events of the same moment. */
  order: number;
  run: () => void;
}

/**
 * Simulated time: events in the order of their moments. Between two events every promise that is ready has run, so nothing depends
 * on how the machine schedules.
 */
export class Scheduler {
  now: number;
  /** Events so far. */
  events = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  constructor(now: number) {
    this.now = now;
  }

  after(milliseconds: number, run: () => void): void {
    this.at(this.now + Math.max(0, milliseconds), run);
  }

  at(time: number, run: () => void): void {
    this.#order += 1;
    this.#push({ time: Math.max(time, this.now), order: this.#order, run });
  }

  /** Runs what falls due until `end`, or until `goesOn` says no. */
  async runUntil(end: number, goesOn: () => boolean): Promise<void> {
    await promisesRan();
    while (goesOn()) {
      const next = this.#heap[0];
      if (next === undefined || next.time > end) break;
      this.#pop();
      this.now = next.time;
      this.events += 1;
      next.run();
      await promisesRan();
    }
    if (goesOn()) this.now = Math.max(this.now, end);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let smaller = left;
      if (right !== undefined && isBefore(right, left)) {
        child += 1;
        smaller = right;
      }
      if (!isBefore(smaller, last)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** A tick begins when no promise is left that could go on; no timer and no turn of the event loop takes part. */
async function promisesRan(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
