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

/** Milliseconds until so many calls fit; 0 when they do now. More than the whole budget never fits: then until it is all there. */
function waitFor(counts: CallCounts, wish: { now: number; calls: number; most: number }): number {
  const { now, most } = wish;
  const calls = Math.min(wish.calls, most);
  const { slot, counts: moved } = at(counts, now);
  let used = moved.reduce((sum, count) => sum + count, 0);
  for (let age = slots - 1; age >= 0 && used + calls > most; age--) {
    used -= moved[age] ?? 0;
    if (used + calls <= most) return (slot + slots - age) * slotMs - now;
  }
  return used + calls <= most ? 0 : slots * slotMs;
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
}

/** The budget of one user of a firewall's calls: what sync and comparison may still call, each counting its own and knowing the other's. */
export class CallBudget {
  readonly perMinute: number;
  readonly #share: number;
  readonly #others: CallCounts;
  readonly #reserved: number;
  #own: CallCounts;

  constructor({ perMinute, share = 1, own, others = noCalls, reserved = 0 }: BudgetOptions) {
    this.perMinute = perMinute;
    this.#share = Math.max(1, Math.floor(perMinute * share));
    this.#own = own;
    this.#others = others;
    this.#reserved = reserved;
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

  /** Milliseconds until so many calls fit. */
  wait(now: number, calls: number): number {
    // Written back, so that what a clock ahead of ours counted grows old from now on.
    this.#own = at(this.#own, now);
    const most = this.#most(now);
    if (most > 0) return waitFor(this.#own, { now, calls, most });
    return Math.max(slotMs, waitFor(this.#others, { now, calls: 1, most: this.perMinute }));
  }

  #most(now: number): number {
    const theirs = Math.max(callsInMinute(this.#others, now), this.#reserved);
    return Math.min(this.#share, this.perMinute - theirs);
  }
}
