import type { Resource } from '../resource.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Stored } from '../store/stored.ts';

/** Objects of a kind by the uid of what owns them. */
export class Owned {
  readonly #store: ObjectStore;
  readonly #resource: Resource;
  readonly #keys = new Map<string, Set<string>>();

  constructor(store: ObjectStore, resource: Resource) {
    this.#store = store;
    this.#resource = resource;
    const collection = store.of(resource);
    for (const stored of collection.list()) this.#enter(stored);
    collection.listen(({ before, stored, type }) => {
      if (before) this.#leave(before);
      if (type !== 'DELETED') this.#enter(stored);
    });
  }

  of(uid: string): Stored[] {
    const collection = this.#store.of(this.#resource);
    return [...(this.#keys.get(uid) ?? [])].flatMap((key) => collection.get(key) ?? []);
  }

  #enter({ key, owners }: Stored): void {
    for (const uid of owners) {
      const keys = this.#keys.get(uid) ?? new Set();
      keys.add(key);
      this.#keys.set(uid, keys);
    }
  }

  #leave({ key, owners }: Stored): void {
    for (const uid of owners) {
      const keys = this.#keys.get(uid);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(uid);
    }
  }
}
