import type { ZonebridgeError } from '../../core/errors.ts';
import {
  afterBudgetUsed,
  afterFailure,
  afterSuccess,
  askedPauseMs,
  circuitOpenUntil,
  isIll,
  leftAloneUntil,
  mayAskComparison,
  passesQuickly,
  type Trouble,
} from '../../core/model/trouble.ts';
import { type CallBudget, type CallCounts, callsInMinute } from '../../core/model/call-budget.ts';
import type { Random } from '../../core/ports.ts';
import {
  type FirewallRecord,
  type FirewallRecords,
  type FirewallTotals,
  recordOf,
} from '../state/firewall-records.ts';

/** Tries within one run beyond the first, for what passes in a moment. */
const quickTries = 2;
const quickPauseMs = 300;
/** A firewall that wants to be asked later than this is not waited for. */
const quickPauseMaxMs = 5_000;

/** Who comes back when a run left somebody ill. */
export interface ComeBack {
  /** Every firewall of the writer key is ill: the wake-up waits. */
  postponeSeconds?: number;
  /** Some are ill, the others must not wait: only a message of their own comes back. */
  retrySeconds?: number;
  /** Somebody fell ill in this run, so that the message has to be sent. */
  sendRetry?: boolean;
}

/** The firewalls of one writer key during a run: whom it may call, how they answered, and what is remembered of it. */
export class FirewallsInRun {
  readonly #random: Random;
  readonly #records: Map<string, FirewallRecord>;
  readonly #probe: ReadonlySet<string>;
  readonly #failed = new Map<string, ZonebridgeError>();
  readonly #tries = new Map<string, number>();
  readonly #fellIll = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #budgets = new Map<string, CallBudget>();

  constructor(random: Random, found: { firewalls: FirewallRecords; probe: readonly string[] }) {
    this.#random = random;
    this.#records = new Map(Object.entries(found.firewalls));
    this.#probe = new Set(found.probe);
  }

  get records(): FirewallRecords {
    const entries = [...this.#records].map(([firewall, record]) => {
      const { counts: calls } = this.#budgets.get(firewall) ?? { counts: record.calls };
      return [firewall, { ...record, calls }] as const;
    });
    return Object.fromEntries(entries);
  }

  /** The budget of its calls, begun by what earlier runs called. */
  budget(firewall: string, begin: (own: CallCounts) => CallBudget): CallBudget {
    const known = this.#budgets.get(firewall);
    if (known) return known;
    const record = recordOf(this.records, firewall);
    const budget = begin(record.calls);
    this.#records.set(firewall, record);
    this.#budgets.set(firewall, budget);
    return budget;
  }

  /** Calls that are theirs at this moment: what they made within a minute, and an equal part for each that waits for calls. */
  claimOf(firewalls: readonly string[], now: number, equalPart: number): number {
    let claim = 0;
    for (const firewall of firewalls) {
      const record = this.#records.get(firewall);
      if (!record) continue;
      const called = callsInMinute(this.#budgets.get(firewall)?.counts ?? record.calls, now);
      claim += Math.max(called, record.trouble.budgetSince === undefined ? 0 : equalPart);
    }
    return claim;
  }

  get firstError(): ZonebridgeError | undefined {
    return this.#failed.values().next().value;
  }

  trouble(firewall: string): Trouble {
    return recordOf(this.records, firewall).trouble;
  }

  totals(firewall: string): FirewallTotals | undefined {
    return this.#records.get(firewall)?.totals;
  }

  setTotals(firewall: string, totals: FirewallTotals): void {
    this.#records.set(firewall, { ...recordOf(this.records, firewall), totals });
  }

  /** It is neither left alone for a while nor did it fail in this run. */
  mayCall(firewall: string, now: number): boolean {
    if (this.#failed.has(firewall) || this.#waiting.has(firewall)) return false;
    return this.#probe.has(firewall) || leftAloneUntil(this.trouble(firewall), now) === undefined;
  }

  /** It was ill when the run began, or somebody asked for a try: its first call only asks who it is. */
  isOnProbe(firewall: string): boolean {
    return this.#probe.has(firewall) || this.trouble(firewall).failures > 0;
  }

  /** Notes a failure. Returns how long to wait before another try in this run; undefined when there is none. */
  failed(firewall: string, error: ZonebridgeError, now: number): number | undefined {
    const pause = this.#quickPause(firewall, error);
    if (pause !== undefined) return pause;
    const before = this.trouble(firewall);
    if (before.failures === 0) this.#fellIll.add(firewall);
    this.#failed.set(firewall, error);
    this.#setTrouble(firewall, afterFailure(before, { error, now, random: this.#random.next() }));
    return undefined;
  }

  /** Its budget of calls is used up: what is left goes on at `until`, and that is no failure. */
  waitForBudget(firewall: string, times: { now: number; until: number }): void {
    const before = this.trouble(firewall);
    if (!isIll(before)) this.#fellIll.add(firewall);
    this.#waiting.add(firewall);
    this.#setTrouble(firewall, afterBudgetUsed(before, times));
  }

  /** Something of an earlier run is left for it, anywhere. */
  isBehind(firewall: string): boolean {
    return this.isOnProbe(firewall) || isIll(this.trouble(firewall));
  }

  #quickPause(firewall: string, error: ZonebridgeError): number | undefined {
    const tries = this.#tries.get(firewall) ?? 0;
    const asked = askedPauseMs(error) ?? 0;
    if (this.isOnProbe(firewall) || tries >= quickTries || !passesQuickly(error) || asked > quickPauseMaxMs)
      return undefined;
    this.#tries.set(firewall, tries + 1);
    return Math.max(asked, Math.round(quickPauseMs * 2 ** tries * (1 + this.#random.next())));
  }

  /** Notes that everything for it went well; true when it was ill before. */
  worked(firewall: string, now: number): boolean {
    const before = this.trouble(firewall);
    this.#setTrouble(firewall, afterSuccess(before, now));
    return before.behindSince !== undefined;
  }

  /** True at most once a minute: a firewall that comes and goes is not compared each time. */
  takeComparison(firewall: string, now: number): boolean {
    const trouble = this.trouble(firewall);
    if (!mayAskComparison(trouble, now)) return false;
    this.#setTrouble(firewall, { ...trouble, comparisonAskedAt: now });
    return true;
  }

  #setTrouble(firewall: string, trouble: Trouble): void {
    this.#records.set(firewall, { ...recordOf(this.records, firewall), trouble });
  }

  /** When to come back for those that are ill; a firewall with an open circuit is tried again by the sweep alone. */
  comeBack(firewalls: readonly string[], now: number): ComeBack {
    const ill = firewalls.filter((firewall) => isIll(this.trouble(firewall)));
    const due = ill
      .map((firewall) => this.trouble(firewall))
      .filter((trouble) => circuitOpenUntil(trouble, now) === undefined)
      .map(({ retryAt }) => retryAt);
    if (due.length === 0) return {};
    const seconds = Math.max(1, Math.ceil((Math.min(...due) - now) / 1000));
    if (ill.length === firewalls.length) return { postponeSeconds: seconds };
    return { retrySeconds: seconds, sendRetry: this.#fellIll.size > 0 };
  }
}
