import { createHash } from 'node:crypto';
import { stableJson } from '../../../core/model/content-hash.ts';
import type { Cluster } from '../cluster.ts';
import { deployments } from '../kinds/deployment.ts';
import { replicaSets } from '../kinds/replica-set.ts';
import { type ApiObject, isObject, type Json, type JsonObject } from '../model.ts';
import { Refusal } from '../refusal.ts';
import { parse, type Stored } from '../store/stored.ts';
import type { Owned } from './owned.ts';
import { ownerReference } from './replica-sets.ts';
import { type Rollout, type SetState, plannedSizes } from './rollout.ts';
import { WorkQueue } from './work-queue.ts';

const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Keeps one ReplicaSet per template of a Deployment, and moves from the old ones to the new one by its strategy. */
export class DeploymentController {
  readonly #cluster: Cluster;
  readonly #sets: Owned;
  readonly #queue = new WorkQueue((key) => this.#reconcile(key));

  constructor(cluster: Cluster, owned: Owned) {
    this.#cluster = cluster;
    this.#sets = owned;
    const all = cluster.store.of(deployments);
    const byUid = new Map(all.list().map(({ key, uid }) => [uid, key]));
    for (const { key } of all.list()) this.#queue.add(key);
    all.listen(({ stored, type }) => {
      if (type === 'DELETED') byUid.delete(stored.uid);
      else byUid.set(stored.uid, stored.key);
      this.#queue.add(stored.key);
    });
    cluster.store.of(replicaSets).listen(({ stored }) => {
      for (const uid of stored.owners) {
        const key = byUid.get(uid);
        if (key !== undefined) this.#queue.add(key);
      }
    });
  }

  stop(): void {
    this.#queue.stop();
  }

  #reconcile(key: string): void {
    const { store } = this.#cluster;
    const stored = store.of(deployments).get(key);
    if (!stored || stored.deleting) return;
    const deployment = parse(stored);
    const hash = templateHash(deployment);
    const owned = this.#sets.of(stored.uid).filter(({ deleting }) => !deleting);
    let current = owned.find(({ labels }) => labels[hashLabel] === hash);
    current ??= this.#createSet(stored, deployment, hash);
    if (!current) return;
    const old = owned.filter(({ uid }) => uid !== current.uid);
    if (deployment.spec?.['paused'] !== true) {
      const sizes = plannedSizes(rolloutOf(deployment), stateOf(current), old.map(stateOf));
      for (const { name, replicas } of sizes)
        this.#resize(owned.find((one) => one.name === name) ?? current, replicas);
    }
    this.#forgetOld(deployment, old);
    this.#report(
      stored,
      [current, ...old].flatMap(({ key }) => store.of(replicaSets).get(key) ?? []),
      current.uid,
    );
  }

  #createSet(owner: Stored, deployment: ApiObject, hash: string): Stored | undefined {
    const { spec } = deployment;
    const selector = isObject(spec?.['selector']) ? spec['selector'] : {};
    const template = isObject(spec?.['template']) ? structuredClone(spec['template']) : {};
    const metadata = isObject(template['metadata']) ? template['metadata'] : {};
    const labels = { ...(isObject(metadata['labels']) ? metadata['labels'] : {}), [hashLabel]: hash };
    template['metadata'] = { ...metadata, labels };
    const wanted = isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
    const set = {
      metadata: {
        name: `${owner.name}-${hash}`,
        namespace: owner.namespace,
        labels,
        annotations: { [revisionAnnotation]: String(this.#nextRevision(owner)) },
        ownerReferences: [ownerReference(owner)],
      },
      spec: {
        replicas: 0,
        selector: { ...selector, matchLabels: { ...wanted, [hashLabel]: hash } },
        template,
      },
    } as unknown as ApiObject;
    try {
      return this.#cluster.writer.create(replicaSets, set);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  #nextRevision(owner: Stored): number {
    const revisions = this.#sets
      .of(owner.uid)
      .map((set) => Number(parse(set).metadata.annotations?.[revisionAnnotation] ?? 0));
    return Math.max(0, ...revisions) + 1;
  }

  #resize(set: Stored, replicas: number): void {
    this.#cluster.writer.modify(set, (object) => {
      object.spec = { ...object.spec, replicas };
    });
  }

  #forgetOld({ spec }: ApiObject, old: readonly Stored[]): void {
    const keep = Number(spec?.['revisionHistoryLimit'] ?? 10);
    const empty = old.filter((set) => stateOf(set).replicas === 0 && stateOf(set).existing === 0);
    const surplus = empty
      .toSorted((one, other) => one.revision - other.revision)
      .slice(0, Math.max(0, empty.length - keep));
    for (const set of surplus) this.#cluster.store.remove(set);
  }

  #report(stored: Stored, sets: readonly Stored[], currentUid: string): void {
    const states = sets.map(stateOf);
    const sum = (value: (state: SetState) => number): number =>
      states.reduce((total, state) => total + value(state), 0);
    const current = states[sets.findIndex(({ uid }) => uid === currentUid)];
    const available = sum((state) => state.available);
    const { writer } = this.#cluster;
    const wanted = rolloutOf(parse(stored)).replicas;
    writer.modify(
      stored,
      (deployment) => {
        const existing = sum((state) => state.existing);
        const unavailable = Math.max(0, wanted - available);
        const status: JsonObject = { observedGeneration: deployment.metadata.generation ?? 1 };
        if (existing > 0) status['replicas'] = existing;
        if (current && current.existing > 0) status['updatedReplicas'] = current.existing;
        if (available > 0) Object.assign(status, { readyReplicas: available, availableReplicas: available });
        if (unavailable > 0) status['unavailableReplicas'] = unavailable;
        const done = current?.available === wanted && existing === wanted;
        status['conditions'] = conditions(deployment.status, {
          available: unavailable === 0,
          done,
          time: writer.time,
        });
        deployment.status = status;
      },
      'status',
    );
  }
}

function conditions(
  old: JsonObject | undefined,
  now: { available: boolean; done: boolean; time: string },
): Json[] {
  const before = Array.isArray(old?.['conditions']) ? old['conditions'].filter(isObject) : [];
  const condition = (type: string, holds: boolean, reason: string): JsonObject => {
    const status = holds ? 'True' : 'False';
    const same = before.find(
      (one) => one['type'] === type && one['status'] === status && one['reason'] === reason,
    );
    return same ?? { type, status, reason, lastUpdateTime: now.time, lastTransitionTime: now.time };
  };
  return [
    condition(
      'Available',
      now.available,
      now.available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    ),
    condition('Progressing', true, now.done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated'),
  ];
}

function stateOf(set: Stored): SetState {
  const { spec, status } = parse(set);
  return {
    name: set.name,
    replicas: Number(spec?.['replicas'] ?? 0),
    existing: Number(status?.['replicas'] ?? 0),
    available: Number(status?.['availableReplicas'] ?? 0),
  };
}

function rolloutOf({ spec }: ApiObject): Rollout {
  const strategy = isObject(spec?.['strategy']) ? spec['strategy'] : {};
  const rolling = isObject(strategy['rollingUpdate']) ? strategy['rollingUpdate'] : {};
  const replicas = Number(spec?.['replicas'] ?? 1);
  const surge = share(rolling['maxSurge'] ?? '25%', replicas, Math.ceil);
  const unavailable = share(rolling['maxUnavailable'] ?? '25%', replicas, Math.floor);
  // With neither, nothing could move.
  return {
    replicas,
    recreate: strategy['type'] === 'Recreate',
    surge,
    unavailable: surge + unavailable === 0 ? 1 : unavailable,
  };
}

/** A number, or a share of the replicas. */
function share(value: Json, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'string' && value.endsWith('%'))
    return round((Number.parseFloat(value) / 100) * replicas);
  return Number(value);
}

/** Ten letters that are the same for the same template. */
function templateHash({ spec }: ApiObject): string {
  const digest = createHash('sha256')
    .update(stableJson(spec?.['template'] ?? {}))
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('');
}
