import { namespaces } from '../kinds/namespace.ts';
import { pods } from '../kinds/pod.ts';
import { type ApiObject, isObject, type JsonObject, textOf, timestamp } from '../model.ts';
import { conflict } from '../refusal.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { parse, type Stored } from '../store/stored.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  /** `Orphan` leaves what the object owns; everything else lets it go, too. */
  propagationPolicy?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

/** From the body and the query of a request; the query wins, as it does in the API. */
export function readDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given: JsonObject = isObject(body) ? body : {};
  const seconds = query.get('gracePeriodSeconds') ?? given['gracePeriodSeconds'];
  const policy = query.get('propagationPolicy') ?? given['propagationPolicy'];
  const preconditions = given['preconditions'];
  return {
    ...(seconds === undefined || seconds === null ? {} : { gracePeriodSeconds: Number(seconds) }),
    ...(typeof policy === 'string' ? { propagationPolicy: policy } : {}),
    ...(isObject(preconditions) ? { preconditions: readPreconditions(preconditions) } : {}),
    dryRun: query.has('dryRun') || given['dryRun'] !== undefined,
  };
}

function readPreconditions({ resourceVersion, uid }: JsonObject): { uid?: string; resourceVersion?: string } {
  return {
    ...(resourceVersion === undefined ? {} : { resourceVersion: textOf(resourceVersion) }),
    ...(uid === undefined ? {} : { uid: textOf(uid) }),
  };
}

/**
 * Deletes an object, or begins to: a pod on a node has its grace period, a namespace is emptied first. Finalizers are
 * not waited for. Returns the last state. Throws a refusal (409) when a precondition does not hold.
 */
export function deleteObject(
  store: ObjectStore,
  stored: Stored,
  options: DeleteOptions,
  now: number,
): { last: Stored; gone: boolean } {
  const { resource } = stored;
  const { dryRun, preconditions } = options;
  if (preconditions?.uid !== undefined && preconditions.uid !== stored.uid) {
    const why = `UID in precondition: ${preconditions.uid}, UID in object meta: ${stored.uid}`;
    // The API names the kind here, not the resource.
    throw conflict({ ...resource, plural: resource.kind }, stored.name, why);
  }
  const version = preconditions?.resourceVersion;
  if (version !== undefined && version !== String(stored.revision)) throw conflict(resource, stored.name);
  if (dryRun) return { last: stored, gone: false };
  if (resource === namespaces) return { last: terminate(store, stored, now), gone: false };
  if (options.propagationPolicy === 'Orphan') disown(store, stored.uid);
  if (resource === pods) return deletePod(store, stored, options, now);
  return { last: store.remove(stored), gone: true };
}

/** Takes the owner out of everything it owns, so that nothing of it is collected. */
function disown(store: ObjectStore, uid: string): void {
  for (const collection of store.collections.values()) {
    for (const owned of collection.list().filter(({ owners }) => owners.includes(uid))) {
      const object = parse(owned);
      object.metadata.ownerReferences = (object.metadata.ownerReferences ?? []).filter(
        (owner) => owner.uid !== uid,
      );
      store.put(collection.resource, object);
    }
  }
}

function terminate(store: ObjectStore, stored: Stored, now: number): Stored {
  const namespace = parse(stored);
  if (namespace.metadata.deletionTimestamp !== undefined) return stored;
  namespace.metadata.deletionTimestamp = timestamp(now);
  namespace.status = { ...namespace.status, phase: 'Terminating' };
  return store.put(namespaces, namespace);
}

/** Seconds; none for a pod that runs nowhere, or not any more. */
function graceOf({ spec, status }: ApiObject, wanted: number | undefined): number {
  const isOver = status?.['phase'] === 'Succeeded' || status?.['phase'] === 'Failed';
  if (spec?.['nodeName'] === undefined || isOver) return 0;
  return Math.max(0, wanted ?? Number(spec['terminationGracePeriodSeconds'] ?? 30));
}

function deletePod(
  store: ObjectStore,
  stored: Stored,
  { gracePeriodSeconds }: DeleteOptions,
  now: number,
): { last: Stored; gone: boolean } {
  const pod = parse(stored);
  const { metadata } = pod;
  const grace = graceOf(pod, gracePeriodSeconds);
  // A second deletion can only shorten the first.
  const left = metadata.deletionGracePeriodSeconds ?? Infinity;
  if (grace > 0 && grace >= left) return { last: stored, gone: false };
  // To be deleted is a change of what is wanted.
  if (metadata.deletionTimestamp === undefined) metadata.generation = (metadata.generation ?? 0) + 1;
  metadata.deletionTimestamp = timestamp(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if (grace === 0) return { last: store.remove(stored, pod), gone: true };
  return { last: store.put(pods, pod), gone: false };
}
