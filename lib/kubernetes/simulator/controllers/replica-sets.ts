import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster.ts';
import { pods } from '../kinds/pod.ts';
import { replicaSets } from '../kinds/replica-set.ts';
import { type ApiObject, isObject, type JsonObject } from '../model.ts';
import { Refusal } from '../refusal.ts';
import { apiVersion } from '../resource.ts';
import type { Change } from '../store/collection.ts';
import { parse, type Stored } from '../store/stored.ts';
import { deleteObject } from '../writes/delete.ts';
import type { Owned } from './owned.ts';
import { matchesSelector } from './selector.ts';
import { WorkQueue } from './work-queue.ts';

/** Keeps as many pods of a ReplicaSet as it asks for. */
export class ReplicaSetController {
  readonly #cluster: Cluster;
  readonly #pods: Owned;
  readonly #queue = new WorkQueue((key) => this.#reconcile(key));

  constructor(cluster: Cluster, owned: Owned) {
    this.#cluster = cluster;
    this.#pods = owned;
    const sets = cluster.store.of(replicaSets);
    for (const { key } of sets.list()) this.#queue.add(key);
    sets.listen(({ stored }) => this.#queue.add(stored.key));
    const byUid = new Map(sets.list().map(({ key, uid }) => [uid, key]));
    sets.listen(({ stored, type }) => {
      if (type === 'DELETED') byUid.delete(stored.uid);
      else byUid.set(stored.uid, stored.key);
    });
    cluster.store.of(pods).listen((change) => {
      if (!matters(change)) return;
      const { before, stored } = change;
      for (const uid of [...stored.owners, ...(before?.owners ?? [])]) {
        const key = byUid.get(uid);
        if (key !== undefined) this.#queue.add(key);
      }
    });
  }

  stop(): void {
    this.#queue.stop();
  }

  #reconcile(key: string): void {
    const { now, store } = this.#cluster;
    const stored = store.of(replicaSets).get(key);
    if (!stored || stored.deleting) return;
    const set = parse(stored);
    const selector = set.spec?.['selector'];
    const active: Stored[] = [];
    for (const pod of this.#pods.of(stored.uid)) {
      const over = pod.fields['status.phase'] === 'Succeeded' || pod.fields['status.phase'] === 'Failed';
      if (pod.deleting || over) continue;
      if (matchesSelector(selector, pod.labels)) active.push(pod);
      else this.#release(pod, stored.uid);
    }
    const wanted = Number(set.spec?.['replicas'] ?? 0);
    for (let missing = wanted - active.length; missing > 0; missing--) {
      if (!this.#create(stored, set)) break;
    }
    const surplus = active.length - wanted;
    if (surplus > 0) {
      const doomed = active.toSorted(byWorth).slice(0, surplus);
      for (const pod of doomed) deleteObject(store, pod, {}, now());
    }
    this.#report(stored, active);
  }

  #create(owner: Stored, set: ApiObject): boolean {
    const template = isObject(set.spec?.['template']) ? set.spec['template'] : {};
    const metadata = isObject(template['metadata']) ? template['metadata'] : {};
    const pod = {
      metadata: {
        ...structuredClone(metadata),
        name: '',
        generateName: `${owner.name}-`,
        namespace: owner.namespace,
        ownerReferences: [ownerReference(owner)],
      },
      spec: structuredClone(template['spec'] ?? {}),
    } as unknown as ApiObject;
    try {
      this.#cluster.writer.create(pods, pod);
      return true;
    } catch (error) {
      // The namespace is going; nothing more is wanted in it.
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** A pod whose labels do not match any more is left to whoever changed them. */
  #release(pod: Stored, uid: string): void {
    this.#cluster.writer.modify(pod, ({ metadata }) => {
      metadata.ownerReferences = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    });
  }

  #report(stored: Stored, active: readonly Stored[]): void {
    const ready = active.filter(isReady).length;
    this.#cluster.writer.modify(
      stored,
      (set) => {
        const status: JsonObject = { replicas: active.length };
        if (active.length > 0) status['fullyLabeledReplicas'] = active.length;
        if (ready > 0) Object.assign(status, { readyReplicas: ready, availableReplicas: ready });
        set.status = { ...status, observedGeneration: set.metadata.generation ?? 1 };
      },
      'status',
    );
  }
}

function isReady(pod: Stored): boolean {
  return pod.fields['status.phase'] === 'Running' && pod.fields['status.podIP'] !== '';
}

/** What goes first when there are too many: without node, not ready, younger. */
function byWorth(one: Stored, other: Stored): number {
  const worth = (pod: Stored): number => (pod.fields['spec.nodeName'] === '' ? 0 : isReady(pod) ? 2 : 1);
  return worth(one) - worth(other) || other.revision - one.revision;
}

/** Whether a change of a pod can change what its set has to do or to tell. */
function matters({ before, stored, type }: Change): boolean {
  if (type !== 'MODIFIED' || !before) return true;
  return (
    before.deleting !== stored.deleting ||
    before.fields['status.phase'] !== stored.fields['status.phase'] ||
    before.fields['status.podIP'] !== stored.fields['status.podIP'] ||
    !isDeepStrictEqual(before.labels, stored.labels) ||
    !isDeepStrictEqual(before.owners, stored.owners)
  );
}

export function ownerReference({ name, resource, uid }: Stored) {
  return {
    apiVersion: apiVersion(resource),
    kind: resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
