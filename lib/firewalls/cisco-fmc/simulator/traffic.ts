import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

const windowMs = 60_000;

/** Too many requests, or too many at once. */
export class Throttled extends Refusal {
  constructor() {
    // Assumption: no source gives the text; this one could be taken for that of a full table.
    super(429, 'Too many requests: API rate limit exceeded.', 'FRAMEWORK');
  }
}

/** The refusal of a write while another one is under way; the beginning of the text is how clients know it. */
export const lockedText =
  'Parallel add/update/delete operations are blocked. Please retry after the current operation is complete.';

/** Says how much may come at once: requests within a minute and at the same time by source, one write on the whole manager. */
export class Traffic {
  readonly #seen = new Map<string, number[]>();
  readonly #open = new Map<string, number>();
  #writing = false;

  /** Lets a request in or throws 429; `leave` must be called when it is answered. */
  enter(source: string, { limits }: Settings): () => void {
    const now = Date.now();
    const recent = (this.#seen.get(source) ?? []).filter((at) => at > now - windowMs);
    const open = this.#open.get(source) ?? 0;
    if (recent.length >= limits.requestsPerMinute || open >= limits.connections) throw new Throttled();
    recent.push(now);
    this.#seen.set(source, recent);
    this.#open.set(source, open + 1);
    return () => void this.#open.set(source, (this.#open.get(source) ?? 1) - 1);
  }

  /** Runs a write alone, to its end whoever still waits for it; throws 429 while another one runs, whatever domain it is for. */
  async write<T>(settings: Pick<Settings, 'writeMilliseconds'>, work: () => T): Promise<T> {
    if (this.#writing) throw new Refusal(429, lockedText, 'FRAMEWORK');
    if (settings.writeMilliseconds === 0) return work();
    const since = Date.now();
    const left = () => since + settings.writeMilliseconds - Date.now();
    this.#writing = true;
    try {
      // Bit by bit, so that who takes the wait away ends it.
      while (left() > 0) await sleep(Math.min(left(), 20));
      return work();
    } finally {
      this.#writing = false;
    }
  }
}
