import type { Resource } from '../resource.ts';
import type { Stored } from './stored.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What happened to one object; `stored` is the last state with the revision of the change. */
export interface Change {
  readonly type: ChangeType;
  readonly revision: number;
  readonly stored: Stored;
  /** State before, absent for what is new. */
  readonly before?: Stored;
}

/** All objects of one kind, in order, and what happened to them lately. */
export class Collection {
  readonly resource: Resource;
  readonly #objects = new Map<string, Stored>();
  /** Sorted. */
  readonly #keys: string[] = [];
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #historyLength: number;
  #history: Change[] = [];
  /** Watches can be resumed from this revision on. */
  #oldest = 0;

  constructor(resource: Resource, historyLength: number) {
    this.resource = resource;
    this.#historyLength = historyLength;
  }

  get size(): number {
    return this.#objects.size;
  }

  get oldest(): number {
    return this.#oldest;
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** All objects, or those of a namespace, in order. The answer stays as it is when objects change later. */
  list(namespace = ''): Stored[] {
    const from = namespace === '' ? 0 : this.#place(`${namespace}/`);
    const to = namespace === '' ? this.#keys.length : this.#place(`${namespace}0`);
    const found: Stored[] = [];
    for (let index = from; index < to; index++) {
      const stored = this.#objects.get(this.#keys[index] ?? '');
      if (stored) found.push(stored);
    }
    return found;
  }

  /** Takes a change and tells everybody who listens. */
  apply(change: Change): void {
    const { stored, type } = change;
    const at = this.#place(stored.key);
    const known = this.#keys[at] === stored.key;
    if (type === 'DELETED') {
      this.#objects.delete(stored.key);
      if (known) this.#keys.splice(at, 1);
    } else {
      this.#objects.set(stored.key, stored);
      if (!known) this.#keys.splice(at, 0, stored.key);
    }
    this.#history.push(change);
    // In halves, so that forgetting costs nothing per change.
    if (this.#history.length > 2 * this.#historyLength) this.#forget(this.#historyLength);
    for (const listener of this.#listeners) listener(change);
  }

  /** Changes after a revision, oldest first; undefined when some of them are forgotten. */
  since(revision: number): Change[] | undefined {
    if (revision < this.#oldest) return undefined;
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  /** Forgets what happened up to now, as a compaction or a restart does. */
  compact(revision: number): void {
    this.#history = [];
    this.#oldest = revision;
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forget(keep: number): void {
    const forgotten = this.#history.splice(0, this.#history.length - keep);
    this.#oldest = forgotten.at(-1)?.revision ?? this.#oldest;
  }

  /** Where a key stands or would stand. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
