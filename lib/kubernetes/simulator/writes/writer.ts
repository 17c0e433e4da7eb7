import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { namespaces } from '../kinds/namespace.ts';
import { type ApiObject, timestamp } from '../model.ts';
import { alreadyExists, conflict, forbidden, invalid, notFound, Refusal } from '../refusal.ts';
import type { Resource } from '../resource.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { parse, store, type Stored } from '../store/stored.ts';
import { validate } from './validate.ts';

/** Letters of generated names: no vowels, nothing that looks like something else. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

export interface WriteOptions {
  /** Everything is checked, nothing is kept. */
  dryRun?: boolean;
  /** `status` changes the status alone, and nothing else does. */
  subresource?: string;
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
}

/** Creates and changes objects by the rules of their kinds; for requests and for controllers alike. */
export class Writer {
  readonly #store: ObjectStore;
  readonly #now: () => number;

  constructor(store: ObjectStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  get time(): string {
    return timestamp(this.#now());
  }

  /** Throws a refusal: 404 or 403 for the namespace, 409 for a name that is taken, 422 for what cannot be. */
  create(resource: Resource, object: ApiObject, options: WriteOptions = {}): Stored {
    const { metadata } = object;
    if (resource.namespaced) this.#checkNamespace(resource, object);
    if (metadata.resourceVersion) {
      // The API has no reason for this one.
      const message = 'resourceVersion should not be set on objects to be created';
      throw new Refusal(500, message, { reason: undefined });
    }
    if (metadata.name === '' && metadata.generateName) {
      metadata.name = `${metadata.generateName.slice(0, 58)}${randomLetters(5)}`;
    }
    object.metadata = {
      ...metadata,
      uid: randomUUID(),
      ...(resource.counted ? { generation: 1 } : {}),
      creationTimestamp: this.time,
    };
    delete object.metadata.deletionTimestamp;
    resource.prepare?.(object);
    resource.fill?.(object);
    tidy(object);
    validate(resource, object);
    if (this.#store.get(resource, object.metadata.name, metadata.namespace)) {
      throw alreadyExists(resource, object.metadata.name);
    }
    return this.#keep(resource, object, options);
  }

  /** Throws a refusal: 409 for another version or uid, 422 for what cannot be. Nothing is written when nothing changes. */
  update(before: Stored, object: ApiObject, options: WriteOptions = {}): Stored {
    const { resource } = before;
    const old = parse(before);
    const { resourceVersion: version, uid } = object.metadata;
    if (!version && resource.createdByUpdate === true) throw needsVersion(resource, before.name);
    if (version && version !== String(before.revision)) throw conflict(resource, before.name);
    if (uid && uid !== before.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.uid}`;
      throw conflict(resource, before.name, why);
    }
    const next = merged(resource, old, object, options.subresource);
    resource.fill?.(next);
    tidy(next);
    if (isDeepStrictEqual(next, old)) return before;
    if (resource.counted && !isDeepStrictEqual(next.spec, old.spec)) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    validate(resource, next, old);
    return this.#keep(resource, next, options);
  }

  /** Changes an object of which this program knows that it is there; undefined when it is gone by now. */
  modify(stored: Stored, change: (object: ApiObject) => void, subresource?: string): Stored | undefined {
    const current = this.#store.of(stored.resource).get(stored.key);
    if (!current || current.uid !== stored.uid) return undefined;
    const object = parse(current);
    change(object);
    return this.update(current, object, subresource === undefined ? {} : { subresource });
  }

  #keep(resource: Resource, object: ApiObject, { dryRun }: WriteOptions): Stored {
    if (!dryRun) return this.#store.put(resource, object);
    const { resourceVersion: version } = object.metadata;
    const stored = store(resource, object, Number(version ?? 0));
    // Nothing was kept: what is new has no version, and what is changed that of before.
    const { resourceVersion: _, ...metadata } = object.metadata;
    const shown = { ...object, metadata: version ? { ...metadata, resourceVersion: version } : metadata };
    return { ...stored, text: JSON.stringify(shown) };
  }

  #checkNamespace(resource: Resource, { metadata }: ApiObject): void {
    const name = metadata.namespace ?? '';
    const namespace = this.#store.get(namespaces, name);
    if (!namespace) throw notFound(namespaces, name);
    if (namespace.fields['status.phase'] !== 'Terminating') return;
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    const message = `namespace ${name} is being terminated`;
    throw forbidden(resource, metadata.name, why, [
      { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
    ]);
  }
}

/** An update that could be meant as a creation says which version it is an update of. */
function needsVersion(resource: Resource, name: string): Refusal {
  const field = 'metadata.resourceVersion';
  const message = 'Invalid value: 0: must be specified for an update';
  // The API calls the kind by its plural here.
  const { plural } = resource;
  return invalid({ ...resource, kind: plural }, name, [{ field, reason: 'FieldValueInvalid', message }]);
}

/** The new object with what a client cannot change taken from the old one. */
function merged(resource: Resource, old: ApiObject, object: ApiObject, subresource?: string): ApiObject {
  const { metadata } = old;
  const fixed = {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: metadata.creationTimestamp,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
    ...(metadata.deletionTimestamp === undefined
      ? {}
      : {
          deletionTimestamp: metadata.deletionTimestamp,
          deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds ?? 0,
        }),
  };
  const next = { ...object.metadata, ...fixed };
  if (metadata.generateName !== undefined) next.generateName = metadata.generateName;
  if (metadata.deletionTimestamp === undefined) delete next.deletionTimestamp;
  if (subresource === 'status') {
    return { ...old, metadata: next, ...(object.status === undefined ? {} : { status: object.status }) };
  }
  const hasStatus = resource.subresources?.includes('status') === true;
  if (!hasStatus) return { ...object, metadata: next };
  const { status: _, ...rest } = object;
  return { ...rest, metadata: next, ...(old.status === undefined ? {} : { status: old.status }) };
}

/** Empty labels, annotations and lists are not shown. */
function tidy({ metadata }: ApiObject): void {
  for (const name of ['labels', 'annotations'] as const) {
    if (Object.keys(metadata[name] ?? {}).length === 0) delete metadata[name];
  }
  for (const name of ['ownerReferences', 'finalizers', 'managedFields'] as const) {
    if (metadata[name]?.length === 0) delete metadata[name];
  }
}
