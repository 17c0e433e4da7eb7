import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { limits, utf8 } from './batch.ts';
import type { Store } from './store.ts';

/**
 * What the hub should have: content hashes of what it accepted last in this epoch or, at the beginning of one in which digests are
 * compared, of what exists. That the hub really has it is what digests find out.
 */
export class Told {
  readonly #store: Store;
  readonly #hashes = new Map<string, string>();
  /** Endpoints whose record is too large to be sent. */
  readonly #refused = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A new epoch: the hub is known to have nothing. */
  clear(): void {
    this.#hashes.clear();
    this.#refused.clear();
  }

  /** The hub is taken to have these endpoints as they are. */
  assume(ids: Iterable<string>, onTooLarge: (id: string, bytes: number) => void): void {
    for (const id of ids) {
      const record = this.#store.record(id);
      if (!record) continue;
      const bytes = utf8(JSON.stringify(record));
      if (bytes > limits.recordBytes) onTooLarge(id, bytes);
      else this.#hashes.set(id, contentHash(record));
    }
  }

  /** The hub accepted this content, or without a hash that the endpoint is gone. */
  settle(id: string, hash: string | undefined): void {
    if (hash === undefined) this.#hashes.delete(id);
    else this.#hashes.set(id, hash);
  }

  has(id: string, hash?: string): boolean {
    return hash === undefined ? this.#hashes.has(id) : this.#hashes.get(id) === hash;
  }

  /** False when it was refused before. */
  refuse(id: string): boolean {
    if (this.#refused.has(id)) return false;
    this.#refused.add(id);
    return true;
  }

  unrefuse(id: string): void {
    this.#refused.delete(id);
  }

  /** Ids and content hashes for digests: exactly what the hub should have at this moment. */
  entries(): Iterable<readonly [id: string, hash: string]> {
    return this.#hashes;
  }

  /**
   * For manifests, in addition what the hub should have but did not get yet. Never less than what exists, because a complete manifest
   * removes at the hub what it does not list; an endpoint whose record is not known yet is listed as one that the hub has otherwise.
   */
  *everything(shards: ReadonlySet<number>): Generator<readonly [id: string, hash: string]> {
    yield* this.#hashes;
    for (const id of this.#store.ids()) {
      if (this.#hashes.has(id) || this.#refused.has(id) || !shards.has(shardOf(id))) continue;
      const record = this.#store.record(id);
      yield [id, record ? contentHash(record) : '?'];
    }
  }
}
