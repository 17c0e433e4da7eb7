import type { Clock } from '../../../lib/core/ports.ts';
import type { Kernel } from './kernel.ts';

/** Usual time of a call: on its way, and the answer on its way back, milliseconds. */
export interface CallTimes {
  there: number;
  back: number;
  /** The client hangs up then: what has left arrives at the latest at that time. */
  most?: number;
}

/** Calls that may be left without waiting for them. */
const readsOnly = /^(read|query|observe|identity|secret)/;

const quick: CallTimes = { there: 2, back: 2 };

/**
 * Something that runs: a Lambda environment, an agent, a person at the command line. It touches the outside by calls alone. Once dead
 * nothing of it goes on, no `catch` and no `finally`: the answers it waits for never come, and what it had sent may still arrive.
 */
export class Process {
  readonly kernel: Kernel;
  readonly name: string;
  readonly clock: Clock;
  alive = true;
  /** Calls that change something and have no answer yet. */
  readonly pending = new Set<string>();
  /** Runs once when the process dies. */
  onDeath: (() => void) | undefined;
  #stillUntil = 0;
  /** What arrives while the process stands still. */
  #waiting: (() => void)[] = [];

  constructor(kernel: Kernel, name: string) {
    this.kernel = kernel;
    this.name = name;
    // Whole milliseconds, as clocks tell them: several things happen in the same one.
    this.clock = { now: () => Math.floor(kernel.now), sleep: (milliseconds) => this.#sleep(milliseconds) };
  }

  /** A call to something outside: `effect` happens at one moment on the way, or throws what the call answers. */
  call<T>(what: string, effect: () => T, times: CallTimes = quick): Promise<T> {
    const { kernel } = this;
    const back = kernel.dice.delay(times.back);
    const usual = Math.min(kernel.dice.delay(times.there), times.most ?? Infinity);
    const still = this.alive ? this.#fate(times.there + back) : 0;
    const there = usual + still;
    const mark = `${what} ${kernel.now}`;
    if (!readsOnly.test(what)) this.pending.add(mark);
    return new Promise<T>((resolve, reject) => {
      if (!this.alive) return;
      kernel.scheduler.after(there, () => {
        // Died while the request was being sent: it may have left or not. Who stood still before that has sent nothing.
        if (!this.alive && (still > 0 || kernel.dice.chance(0.5))) return;
        kernel.mix(what);
        let answer: () => void;
        try {
          const result = effect();
          answer = () => resolve(result);
        } catch (error) {
          answer = () => reject(error);
        }
        this.later(back, () => {
          this.pending.delete(mark);
          answer();
        });
      });
    });
  }

  /** Something reaches the process after a time: later when it stands still, never when it is dead. */
  later(milliseconds: number, run: () => void): void {
    if (milliseconds === 0 && this.alive && this.kernel.now >= this.#stillUntil) return run();
    this.kernel.scheduler.after(milliseconds, () => {
      if (!this.alive) return;
      if (this.kernel.now < this.#stillUntil) this.#waiting.push(run);
      else run();
    });
  }

  kill(why: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.kernel.tell(() => `${this.name} dies: ${why}`);
    this.kernel.mix('dies');
    this.onDeath?.();
  }

  /** The process gets no processor for a time. */
  standStill(milliseconds: number): void {
    const until = this.kernel.now + milliseconds;
    if (until <= this.#stillUntil) return;
    this.#stillUntil = until;
    this.kernel.scheduler.at(until, () => this.kernel.now >= this.#stillUntil && this.goOn());
    this.kernel.tell(() => `${this.name} stands still for ${Math.round(milliseconds / 1000)} s`);
  }

  /** Ends the stand-still: what waited arrives now, in its order. */
  goOn(): void {
    this.#stillUntil = 0;
    for (const run of this.#waiting.splice(0)) this.later(0, run);
  }

  /** What becomes of the process during a call; returns by how much the call leaves later. */
  #fate(milliseconds: number): number {
    const { kernel } = this;
    if (kernel.strikes('crash')) {
      kernel.scheduler.after(kernel.dice.next() * milliseconds, () => this.kill('crash'));
    } else if (kernel.strikes('stall')) {
      const still = kernel.dice.between(5_000, 110_000);
      this.standStill(still);
      // It stands before the request left, or while the answer is on its way.
      return kernel.dice.chance(0.5) ? still : 0;
    }
    return 0;
  }

  async #sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => this.later(milliseconds, resolve));
  }
}
