import type { ChangeCause } from '../../lib/core/model/messages.ts';

/** Why and since when an endpoint waits to be sent. */
export interface PendingEntry {
  cause: ChangeCause;
  /** Milliseconds since 1970 of the oldest change that is not sent yet. */
  time: number;
  /** Send it even if its content is what the hub accepted last. */
  force: boolean;
  /** Failed sends so far. */
  attempts: number;
  /** Number of the addition: lower ones came earlier. */
  ticket: number;
}

/**
 * The ids of endpoints that wait to be sent, oldest first. Not a queue of events: what is sent is the state at the time of
 * sending, so a burst on one endpoint costs one record and memory is bounded by the number of endpoints.
 */
export class Pending {
  readonly #entries = new Map<string, PendingEntry>();
  #ticket = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Number of the latest addition. */
  get ticket(): number {
    return this.#ticket;
  }

  /** Number of the addition that waits longest; infinite when nothing waits. */
  get oldestTicket(): number {
    const [first] = this.#entries.values();
    return first?.ticket ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Notes a change. An endpoint that waits already keeps its place and its time. Of two causes the newer one counts,
   * as only the last one says whether a removal was witnessed; but `namespace` stays, because what a namespace's labels
   * bring into a group is measured by the brakes. `force` asks for a resend and is no news of the endpoint.
   */
  touch(id: string, change: { cause: ChangeCause; time: number; force?: boolean; removed?: boolean }): void {
    const old = this.#entries.get(id);
    if (!old) {
      this.#ticket += 1;
      const { cause, force = false, time } = change;
      this.#entries.set(id, { cause, time, force, attempts: 0, ticket: this.#ticket });
      return;
    }
    const keepsCause = change.force || (old.cause === 'namespace' && !change.removed);
    if (!keepsCause) old.cause = change.cause;
    if (change.force) old.force = true;
  }

  /**
   * Takes back what could not be sent, to its old place. It is forced from now on, because nobody knows what the hub has
   * got of it. When the endpoint changed meanwhile, the newer entry keeps its cause.
   */
  giveBack(failed: ReadonlyMap<string, PendingEntry>): void {
    const newer = [...this.#entries];
    this.#entries.clear();
    for (const [id, entry] of failed) {
      this.#entries.set(id, { ...entry, force: true, attempts: entry.attempts + 1 });
    }
    for (const [id, entry] of newer) {
      const back = this.#entries.get(id);
      this.#entries.set(id, back ? { ...back, cause: entry.cause } : entry);
    }
  }

  /** Ids of which nobody knows what arrived: a call that told of them failed. */
  uncertain(): string[] {
    return [...this.#entries].filter(([, { attempts }]) => attempts > 0).map(([id]) => id);
  }

  /** Oldest first; entries may be deleted on the way. */
  entries(): IterableIterator<[string, PendingEntry]> {
    return this.#entries.entries();
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }
}
