import type { ApiObject } from '../model.ts';
import type { Resource } from '../resource.ts';
import { type Change, Collection } from './collection.ts';
import { parse, store, type Stored } from './stored.ts';

/** All objects of the cluster under one revision, which every change raises by one. */
export class ObjectStore {
  readonly collections: ReadonlyMap<string, Collection>;
  #revision = 1;

  /** `historyLength` = changes of each kind after which an old watch cannot be resumed. */
  constructor(resources: readonly Resource[], historyLength: number) {
    this.collections = new Map(
      resources.map((resource) => [
        `${resource.group}/${resource.plural}`,
        new Collection(resource, historyLength),
      ]),
    );
  }

  get revision(): number {
    return this.#revision;
  }

  of({ group, plural }: Pick<Resource, 'group' | 'plural'>): Collection {
    const collection = this.collections.get(`${group}/${plural}`);
    if (!collection) throw new RangeError(`nothing is stored for ${plural}`);
    return collection;
  }

  get(resource: Resource, name: string, namespace = ''): Stored | undefined {
    return this.of(resource).get(namespace === '' ? name : `${namespace}/${name}`);
  }

  /** Puts an object in place, new or instead of the one there. */
  put(resource: Resource, object: ApiObject): Stored {
    const revision = ++this.#revision;
    const stored = store(resource, object, revision);
    const collection = this.of(resource);
    const before = collection.get(stored.key);
    const change: Change = before
      ? { type: 'MODIFIED', revision, stored, before }
      : { type: 'ADDED', revision, stored };
    collection.apply(change);
    return stored;
  }

  /** Takes an object away; `last` is shown to those who watch. */
  remove(before: Stored, last: ApiObject = parse(before)): Stored {
    const revision = ++this.#revision;
    const stored = store(before.resource, last, revision);
    this.of(before.resource).apply({ type: 'DELETED', revision, stored, before });
    return stored;
  }

  /** Objects of a file; revisions go on from it. Watches of before cannot be resumed. */
  restore(revision: number, objects: readonly { resource: Resource; object: ApiObject }[]): void {
    for (const { object, resource } of objects) {
      const stored = store(resource, object, Number(object.metadata.resourceVersion));
      this.of(resource).apply({ type: 'ADDED', revision: stored.revision, stored });
    }
    this.#revision = Math.max(this.#revision, revision);
    this.compact();
  }

  compact(): void {
    for (const collection of this.collections.values()) collection.compact(this.#revision);
  }
}
