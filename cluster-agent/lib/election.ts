import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { Clock, Random, Telemetry } from '../../lib/core/ports.ts';
import type { Lease, LeaseRecord, StoredLease } from './lease.ts';
import type { AgentStatus } from './status.ts';
import { backOff, pause } from './timing.ts';

/** A leader that was not seen to renew for so long is taken for dead. */
const durationSeconds = 10;
const renewMilliseconds = 3_000;
/** How often a follower looks; a Lease that was given up is taken within this time. */
const lookMilliseconds = 1_000;
/** What another replica wrote is kept up to this: a nonsensical duration must not keep a dead leader in office. */
const longestDurationSeconds = 60;
const retry = { base: 500, cap: 3_000 };

export interface ElectionOptions {
  lease: Lease;
  /** Of this process alone: a process that starts again under the same pod name is another one. */
  identity: string;
  clock: Clock;
  /** Milliseconds of a clock that nobody sets; goes on while the process stands still. */
  elapsed: () => number;
  random: Random;
  status: AgentStatus;
  telemetry: Telemetry;
}

/**
 * Chooses one of the replicas. It only avoids waste: two leaders at once do no harm, because the hub takes the records of one epoch alone.
 * So a leader that cannot reach the Lease stays leader until it sees somebody else there, and clocks of nodes are never compared: what
 * counts is for how long this process has seen the record unchanged.
 */
export class Election {
  readonly #options: ElectionOptions;
  /** The record as last seen, and since when. */
  #seen: { text: string; holder: string; durationMs: number; since: number } | undefined;
  /** When a read or write of the Lease last had an answer. */
  #answered: number | undefined;
  #mine: StoredLease | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  get leads(): boolean {
    return this.#mine !== undefined;
  }

  /** Identity of the leader as last seen; undefined: nobody. */
  get leader(): string | undefined {
    return this.#seen?.holder || undefined;
  }

  /** What is known of the Lease is not older than a term of office: a leader that stood still for longer may have a successor. */
  get current(): boolean {
    return this.#answered !== undefined && this.#options.elapsed() - this.#answered < durationSeconds * 1_000;
  }

  /** Waits until this process leads; false when it was stopped before. */
  async follow(stop: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!stop.aborted) {
      try {
        const free = await this.#tryToTake();
        if (this.#mine) return true;
        failures = 0;
        await pause(clock, Math.min(free, lookMilliseconds * (0.8 + 0.4 * random.next())), stop);
      } catch (error) {
        this.#failed(error);
        await pause(clock, backOff(failures++, retry, random), stop);
      }
    }
    return false;
  }

  /** Renews until stopped (`stopped`), or until the Lease is seen not to be ours any more (`lost`). */
  async lead(stop: AbortSignal): Promise<'stopped' | 'lost'> {
    while (!stop.aborted) {
      await pause(this.#options.clock, renewMilliseconds, stop);
      if (stop.aborted) break;
      try {
        if (!(await this.#renew())) {
          this.#mine = undefined;
          this.#options.telemetry.info('another replica leads', { leader: this.leader });
          return 'lost';
        }
      } catch (error) {
        this.#failed(error);
      }
    }
    return 'stopped';
  }

  /** Gives the Lease up if it is ours, so that a follower takes it at its next look. Never throws. */
  async giveUp(): Promise<void> {
    const mine = this.#mine;
    this.#mine = undefined;
    if (!mine) return;
    try {
      await this.#write({ ...mine.record, holder: '', renewedAt: this.#options.clock.now() }, mine);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Takes the Lease when it is free; otherwise milliseconds until it is worth another look. */
  async #tryToTake(): Promise<number> {
    const { clock, elapsed, identity, lease } = this.#options;
    const stored = this.#observe(await lease.read());
    const seen = this.#seen;
    // Our own name is there when the answer to the write was lost.
    const held = seen !== undefined && seen.holder !== '' && seen.holder !== identity;
    const left = held ? seen.since + seen.durationMs - elapsed() : 0;
    if (left > 0) return left;
    const now = clock.now();
    const before = stored?.record;
    const written = await this.#write(
      {
        holder: identity,
        durationSeconds,
        acquiredAt: now,
        renewedAt: now,
        transitions: before ? before.transitions + (before.holder === identity ? 0 : 1) : 0,
      },
      stored,
    );
    if (written !== 'conflict') {
      this.#mine = written;
      this.#options.telemetry.info('this replica leads', { identity });
    }
    return lookMilliseconds;
  }

  /** False when somebody else has, or had, the Lease. One that was deleted is made again. */
  async #renew(): Promise<boolean> {
    const { clock, lease } = this.#options;
    const mine = this.#mine;
    if (!mine) return false;
    const record = (): LeaseRecord => ({ ...mine.record, renewedAt: clock.now() });
    let written = await this.#write(record(), mine);
    if (written === 'conflict') {
      const stored = this.#observe(await lease.read());
      if (stored && !sameTerm(stored.record, mine.record)) return false;
      written = await this.#write(record(), stored);
    }
    // Two conflicts in a row: the next time tells.
    if (written !== 'conflict') this.#mine = written;
    return true;
  }

  async #write(record: LeaseRecord, over: StoredLease | undefined): Promise<StoredLease | 'conflict'> {
    const written = await this.#options.lease.write(record, over);
    if (written !== 'conflict') this.#observe(written);
    return written;
  }

  /** Notes what is there, and since when it is there unchanged. */
  #observe(stored: StoredLease | undefined): StoredLease | undefined {
    const now = this.#options.elapsed();
    this.#answered = now;
    // One that is gone says nothing: its holder makes it again at the next renewal.
    if (!stored) return undefined;
    const text = JSON.stringify(stored.record);
    if (text !== this.#seen?.text) {
      const { holder, durationSeconds: seconds } = stored.record;
      const durationMs = Math.min(Math.max(seconds, 1), longestDurationSeconds) * 1_000;
      this.#seen = { text, holder, durationMs, since: now };
    }
    return stored;
  }

  #failed(cause: unknown): void {
    const message = cause instanceof Error ? cause.message : String(cause);
    this.#options.status.failed(
      'electing a leader',
      new ZonebridgeError('agent/no-lease', message, { cause }),
    );
  }
}

/** The Lease went to nobody else in between. */
function sameTerm(now: LeaseRecord, then: LeaseRecord): boolean {
  return (
    now.holder === then.holder && now.acquiredAt === then.acquiredAt && now.transitions === then.transitions
  );
}
