import { refusesAll, type ZonebridgeError } from '../errors.ts';

/** How one firewall has answered lately. Times in milliseconds since 1970; 0: never. */
export interface Trouble {
  /** Attempts in a row that ended in an error. */
  failures: number;
  /** Begin of the trouble. */
  behindSince?: number | undefined;
  lastError?: string | undefined;
  lastSuccess: number;
  /** It is left alone until then. */
  retryAt: number;
  /** It refused us as a whole: until then nobody calls it, unless a person asks for a try. */
  circuitUntil: number;
  /** Since when our own budget of calls does not suffice; no failure. */
  budgetSince?: number | undefined;
  /** When a comparison was last asked for because of trouble. */
  comparisonAskedAt: number;
}

export const noTrouble: Trouble = {
  failures: 0,
  lastSuccess: 0,
  retryAt: 0,
  circuitUntil: 0,
  comparisonAskedAt: 0,
};

/** Longest pause between two attempts. */
const pauseMaxMs = 60_000;
/** Longest pause that a firewall may ask for itself (`Retry-After`); what says more is asked again after this. */
const askedPauseMaxMs = 15 * 60_000;
/** How long a firewall that refused us as a whole is left alone, to keep the administrator from being locked out. */
const circuitMs = 15 * 60_000;
const errorTextMax = 400;

/** Milliseconds until the next attempt: 2, 4, 8 ... 60 s, less up to a quarter, so that firewalls that failed together come back apart. */
export function pauseMs(failures: number, random: number): number {
  const whole = Math.min(pauseMaxMs, 1000 * 2 ** Math.min(failures, 6));
  return Math.round(whole * (1 - random / 4));
}

/** `random`: 0 <= x < 1. A firewall that says when it wants to be asked again (field `retryAfterSeconds`) is not asked before. */
export function afterFailure(
  before: Trouble,
  failure: { error: ZonebridgeError; now: number; random: number },
): Trouble {
  const { error, now, random } = failure;
  const failures = before.failures + 1;
  const asked = Math.min(askedPauseMaxMs, askedPauseMs(error) ?? 0);
  return {
    ...before,
    failures,
    behindSince: before.behindSince ?? now,
    lastError: `${error.code}: ${error.message}`.slice(0, errorTextMax),
    retryAt: now + Math.max(pauseMs(failures, random), asked),
    circuitUntil: refusesAll(error) ? now + circuitMs : 0,
  };
}

/** What the firewall itself asked for, in milliseconds. */
export function askedPauseMs(error: ZonebridgeError): number | undefined {
  const seconds = error.fields['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

export function afterSuccess(before: Trouble, now: number): Trouble {
  const { comparisonAskedAt } = before;
  return { ...noTrouble, comparisonAskedAt, lastSuccess: now };
}

/** It answered, and more is to do than our budget of calls allows: it goes on at `until`. */
export function afterBudgetUsed(before: Trouble, { now, until }: { now: number; until: number }): Trouble {
  const { behindSince, budgetSince = now, comparisonAskedAt, lastSuccess } = before;
  return { ...noTrouble, behindSince, budgetSince, comparisonAskedAt, lastSuccess, retryAt: until };
}

/** Something waits for it that the last run could not do. */
export function isIll({ failures, budgetSince }: Trouble): boolean {
  return failures > 0 || budgetSince !== undefined;
}

/**
 * Whether a firewall is left alone, and until when; undefined: it may be called. A time that lies further ahead than any pause was
 * written by a clock that went wrong, and does not count.
 */
export function leftAloneUntil(trouble: Trouble, now: number): number | undefined {
  return circuitOpenUntil(trouble, now) ?? within(trouble.retryAt, now, askedPauseMaxMs);
}

/** Until when nobody calls it; undefined: the circuit is closed, or open for one try. */
export function circuitOpenUntil(trouble: Trouble, now: number): number | undefined {
  return within(trouble.circuitUntil, now, circuitMs);
}

function within(until: number, now: number, longest: number): number | undefined {
  return until > now && until - now <= longest ? until : undefined;
}

/** A comparison is asked for at most this often because of trouble: a firewall that comes and goes is not compared each time. */
const comparisonEveryMs = 60_000;

export function mayAskComparison(trouble: Trouble, now: number): boolean {
  return Math.abs(now - trouble.comparisonAskedAt) >= comparisonEveryMs;
}

/** What passes in a moment: worth another try within the same run. */
export function passesQuickly(error: ZonebridgeError): boolean {
  return error.code === 'firewall/busy' || error.code === 'firewall/throttled';
}
