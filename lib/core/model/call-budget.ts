/** Calls by slots of five seconds, newest first: what a minute's budget is counted by, and shared from one run to the next. */
export interface CallCounts {
  /** Number of the newest slot since 1970. */
  slot: number;
  counts: readonly number[];
}

export const noCalls: CallCounts = { slot: 0, counts: [] };

const slotMs = 5_000;
/** A minute and the slot that it began in: no 60 seconds ever hold more than the budget. */
const slots = 13;

/** Moves the window to a moment. Slots of a clock that ran ahead are kept as if they were now: rather too few calls than too many. */
function at({ slot, counts }: CallCounts, now: number): { slot: number; counts: number[] } {
  const newest = Math.floor(now / slotMs);
  const passed = Math.max(0, newest - slot);
  const shifted = passed >= slots ? [] : [...Array.from({ length: passed }, () => 0), ...counts];
  return { slot: newest, counts: shifted.slice(0, slots) };
}

export function callsInMinute(counts: CallCounts, now: number): number {
  return at(counts, now).counts.reduce((sum, count) => sum + count, 0);
}

export function countCall(counts: CallCounts, now: number): CallCounts {
  const { slot, counts: moved } = at(counts, now);
  const [newest = 0, ...older] = moved;
  return { slot, counts: [newest + 1, ...older] };
}

export interface BudgetOptions {
  /** Calls a minute of everybody together. */
  perMinute: number;
  /** The part of it that this user may take; all when left out. */
  share?: number | undefined;
  /** What this user called before, and what others did. */
  own: CallCounts;
  others?: CallCounts | undefined;
  /** Calls a minute that are kept free for somebody who works at the same time. */
  reserved?: number | undefined;
  /** Users of the same kind beside this one, who draw on the same budget. */
  siblings?: Siblings | undefined;
}

export interface Siblings {
  count: number;
  /** Calls that are theirs at this moment: what they made within a minute, and an equal part for each that waits for calls. */
  claim: (now: number, equalPart: number) => number;
}

const alone: Siblings = { count: 0, claim: () => 0 };

/** The budget of one user of a firewall's calls: what sync and comparison may still call, each counting its own and knowing the other's. */
export class CallBudget {
  readonly perMinute: number;
  readonly #share: number;
  readonly #others: CallCounts;
  readonly #reserved: number;
  readonly #siblings: Siblings;
  #own: CallCounts;

  constructor(options: BudgetOptions) {
    const { perMinute, share = 1 } = options;
    this.perMinute = perMinute;
    this.#share = Math.max(1, Math.floor(perMinute * share));
    this.#own = options.own;
    this.#others = options.others ?? noCalls;
    this.#reserved = options.reserved ?? 0;
    this.#siblings = options.siblings ?? alone;
  }

  /** What this user called, to be kept for the next run. */
  get counts(): CallCounts {
    return this.#own;
  }

  /** Calls that fit now. */
  left(now: number): number {
    this.#own = at(this.#own, now);
    return Math.max(0, this.#most(now) - callsInMinute(this.#own, now));
  }

  /** Counts a call and returns 0, or returns for how many milliseconds it has to wait. */
  take(now: number): number {
    const wait = this.wait(now, 1);
    if (wait === 0) this.#own = countCall(this.#own, now);
    return wait;
  }

  /** Milliseconds until so many calls fit. More than the whole budget never fits: then until it is all there. */
  wait(now: number, calls: number): number {
    // Written back, so that what a clock ahead of ours counted grows old from now on.
    this.#own = at(this.#own, now);
    for (let later = 0; later <= slots; later++) {
      const time = later === 0 ? now : (this.#own.slot + later) * slotMs;
      const most = this.#most(time);
      if (most > 0 && callsInMinute(this.#own, time) + Math.min(calls, most) <= most) return time - now;
    }
    return slots * slotMs;
  }

  /** What nobody else claims, and at least an equal part: who has little to do does not wait for who has much. */
  #most(now: number): number {
    const free = this.perMinute - Math.max(callsInMinute(this.#others, now), this.#reserved);
    const equalPart = Math.max(1, Math.floor(this.perMinute / (this.#siblings.count + 1)));
    const left = free - this.#siblings.claim(now, equalPart);
    return Math.min(this.#share, Math.max(left, Math.min(free, equalPart)));
  }
}
