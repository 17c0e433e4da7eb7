import { Dice } from './dice.ts';
import { Scheduler } from './scheduler.ts';
import { fine, type Weather } from './weather.ts';

/** A promise of the product that did not hold. */
export interface Violation {
  invariant: string;
  /** Expected and actual. */
  message: string;
  time: number;
}

export interface StoryOptions {
  story?: boolean;
  follow?: string | undefined;
}

/** Where the simulation begins; any moment would do. */
export const beginning = Date.UTC(2026, 0, 1);

/** Time, chance, weather, and the record of what happened. */
export class Kernel {
  readonly scheduler = new Scheduler(beginning);
  readonly dice: Dice;
  /** Ids of the product; its own source, so that the product asking for one more does not change the weather. */
  readonly ids: Dice;
  weather: Weather = fine;
  /** How often each fault really happened. */
  readonly faults = new Map<string, number>();
  readonly violations: Violation[] = [];
  /** What people read about a failing seed; kept only on request. */
  readonly story: { time: number; text: string }[] | undefined;
  /** Rows whose keys hold this text are told of in the story. */
  readonly follow: string | undefined;
  #hash = 0x811c9dc5;

  constructor(seed: number, options: StoryOptions = {}) {
    this.follow = options.follow;
    this.dice = new Dice(seed);
    this.ids = new Dice(seed ^ 0x5bd1e995);
    this.story = options.story === true ? [] : undefined;
  }

  get now(): number {
    return this.scheduler.now;
  }

  /** Runs simulated time on; a violation ends it. */
  async run(milliseconds: number): Promise<void> {
    await this.scheduler.runUntil(this.now + milliseconds, () => this.violations.length === 0);
  }

  happened(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** Decides whether a fault happens here, and counts it. */
  strikes(fault: keyof Weather): boolean {
    if (!this.dice.chance(this.weather[fault])) return false;
    this.happened(fault);
    return true;
  }

  violate(invariant: string, message: string): void {
    this.tell(() => `VIOLATION ${invariant}: ${message}`);
    this.violations.push({ invariant, message, time: this.now });
  }

  tell(text: () => string): void {
    this.story?.push({ time: this.now, text: text() });
  }

  /** Mixes into the trace what happened and when: two runs with the same hash went the same way. */
  mix(what: string): void {
    let hash = this.#hash ^ (this.now % 0x7fffffff);
    for (let i = 0; i < what.length; i++) hash = Math.imul(hash ^ what.charCodeAt(i), 0x01000193);
    this.#hash = hash;
  }

  get trace(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }
}
