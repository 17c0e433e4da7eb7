import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

const windowMs = 60_000;

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
    if (recent.length >= limits.requestsPerMinute || open >= limits.connections)
      // Assumption: no source gives the text; this one could be taken for that of a full table.
      throw new Refusal(429, 'Too many requests: API rate limit exceeded.', 'FRAMEWORK');
    recent.push(now);
    this.#seen.set(source, recent);
    this.#open.set(source, open + 1);
    return () => void this.#open.set(source, (this.#open.get(source) ?? 1) - 1);
  }

  /** Runs a write alone; throws 429 while another one runs, whatever domain it is for. */
  async write<T>(milliseconds: number, work: () => T): Promise<T> {
    if (this.#writing) throw new Refusal(429, lockedText, 'FRAMEWORK');
    if (milliseconds === 0) return work();
    this.#writing = true;
    try {
      await sleep(milliseconds);
      return work();
    } finally {
      this.#writing = false;
    }
  }
}
