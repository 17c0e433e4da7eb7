import type { ApiObject } from '../model.ts';
import { apiVersion, type Resource } from '../resource.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * One version of an object. It is kept as the text that is sent, written once and shared by all who read it; whoever
 * wants to change something parses a copy of his own.
 */
export interface Stored {
  readonly resource: Resource;
  /** `namespace/name`, or the name alone; also the order of listings. */
  readonly key: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Labels;
  /** Uids of what owns it. */
  readonly owners: readonly string[];
  /** Its deletion has begun. */
  readonly deleting: boolean;
  /** What field selectors look at. */
  readonly fields: Readonly<Record<string, string>>;
  /** JSON as it stands in a listing, without kind and apiVersion. */
  readonly text: string;
}

function keyOf(name: string, namespace: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** Makes the version of an object at a revision; the object is not kept. */
export function store(resource: Resource, object: ApiObject, revision: number): Stored {
  const { metadata } = object;
  metadata.resourceVersion = String(revision);
  const namespace = metadata.namespace ?? '';
  return {
    resource,
    key: keyOf(metadata.name, namespace),
    name: metadata.name,
    namespace,
    uid: metadata.uid,
    revision,
    labels: metadata.labels ?? {},
    owners: metadata.ownerReferences?.map(({ uid }) => uid) ?? [],
    deleting: metadata.deletionTimestamp !== undefined,
    fields: resource.fields?.(object) ?? {},
    text: JSON.stringify(object),
  };
}

/** A copy to read or change. */
export function parse(stored: Stored): ApiObject {
  return JSON.parse(stored.text) as ApiObject;
}

/** JSON of the object alone, with kind and apiVersion in front. */
export function whole({ resource, text }: Stored): string {
  return `{"kind":"${resource.kind}","apiVersion":"${apiVersion(resource)}",${text.slice(1)}`;
}
