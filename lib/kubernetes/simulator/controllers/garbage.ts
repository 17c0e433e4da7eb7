import type { Cluster } from '../cluster.ts';
import { isPlayed, nodes } from '../kinds/node.ts';
import { namespaces } from '../kinds/namespace.ts';
import { pods } from '../kinds/pod.ts';
import { parse, type Stored } from '../store/stored.ts';
import { deleteObject } from '../writes/delete.ts';
import type { Owned } from './owned.ts';
import { WorkQueue } from './work-queue.ts';

/** Deletes what a deleted object owned, and what lies in a deleted namespace. */
export class GarbageController {
  readonly #cluster: Cluster;
  readonly #owned: readonly Owned[];
  readonly #owners = new WorkQueue((uid) => this.#collect(uid));
  readonly #namespaces = new WorkQueue((name) => this.#empty(name));

  constructor(cluster: Cluster, owned: readonly Owned[]) {
    this.#cluster = cluster;
    this.#owned = owned;
    const { store } = cluster;
    for (const collection of store.collections.values()) {
      collection.listen(({ stored, type }) => {
        if (type !== 'DELETED') return;
        this.#owners.add(stored.uid);
        if (stored.namespace !== '') this.#look(stored.namespace);
      });
    }
    store.of(namespaces).listen(({ stored }) => this.#look(stored.name));
    for (const { name } of store.of(namespaces).list()) this.#look(name);
  }

  stop(): void {
    this.#owners.stop();
    this.#namespaces.stop();
  }

  #collect(uid: string): void {
    for (const stored of this.#owned.flatMap((owned) => owned.of(uid))) this.#delete(stored);
  }

  #look(namespace: string): void {
    if (this.#cluster.store.get(namespaces, namespace)?.deleting) this.#namespaces.add(namespace);
  }

  #empty(name: string): void {
    const { store } = this.#cluster;
    const namespace = store.get(namespaces, name);
    if (!namespace?.deleting) return;
    let left = 0;
    for (const collection of store.collections.values()) {
      if (!collection.resource.namespaced) continue;
      for (const stored of collection.list(name)) {
        this.#delete(stored);
        left += collection.get(stored.key) ? 1 : 0;
      }
    }
    if (left === 0) store.remove(namespace);
  }

  /** A pod on a node that nobody plays has nobody who would end it. */
  #delete(stored: Stored): void {
    const { now, store } = this.#cluster;
    const isPod = stored.resource === pods;
    const node = isPod ? store.get(nodes, stored.fields['spec.nodeName'] ?? '') : undefined;
    const ends = node !== undefined && isPlayed(parse(node).metadata.annotations);
    deleteObject(store, stored, isPod && !ends ? { gracePeriodSeconds: 0 } : {}, now());
  }
}
