import type { KubernetesObject } from '../onboarding/kubernetes-object.ts';
import type { Applied } from '../onboarding/ports.ts';
import type { WritableKind } from './producers.ts';

/** Where desired state lies between hub and agents: objects by key, each write a new version that can be read for ever after (or until it expires). */
export interface DesiredStore {
  /** Stores contents; returns the version to read them by. Throws `store/unavailable`. */
  put(key: string, text: string): Promise<string>;
  /** Undefined when there is no such object or version. */
  read(key: string, version?: string): Promise<{ text: string; tag: string } | undefined>;
  /** Writes on condition that the object still has the tag that was read, or is not there; false when somebody else wrote. */
  replace(key: string, text: string, tag: string | undefined): Promise<boolean>;
}

/** The hub's keys for manifests; they never leave their keeper. While a key is replaced there are several, and one is in force. */
export interface Signer {
  /** Base64 of a DER-encoded ECDSA signature over P-256 and SHA-256 by the key in force. Throws `store/unavailable`. */
  sign(bytes: Uint8Array): Promise<string>;
  /** By which key the signature was made: `other` is one that agents accept, too; undefined: by none of ours. */
  signedBy(bytes: Uint8Array, signature: string): Promise<'in-force' | 'other' | undefined>;
  /** Base64 of the SubjectPublicKeyInfo of each key, that in force first. */
  publicKeys(): Promise<readonly string[]>;
}

/** Key of the manifest of a cluster, by the cluster's key in the configuration. */
export function manifestKey(cluster: string): string {
  return `${cluster}/manifest.json`;
}

/** Key of the contents of a producer. */
export function contentsKey(cluster: string, producer: string): string {
  return `${cluster}/${producer}.json`;
}

/** Where an agent reads what its cluster shall have. */
export interface DesiredSource {
  /** `unchanged` when it still has the tag that is given. Throws when it cannot be read. */
  manifest(known: string | undefined): Promise<{ text: string; tag: string } | 'unchanged' | 'absent'>;
  /** Undefined when there are none. */
  contents(producer: string, version: string): Promise<string | undefined>;
}

/** Objects of the cluster, as the agent writes them. Throws `cluster/unreachable`; refusals are `cluster/refused` with `fields.status`. */
export interface ClusterObjects {
  /** Undefined when it is not there. */
  read(object: KubernetesObject): Promise<KubernetesObject | undefined>;
  /** All objects of a kind with a label, or an error: never a part of them. */
  list(kind: WritableKind, label: { name: string; value: string }): Promise<KubernetesObject[]>;
  /** Makes it, unless there is one of this name already: then `cluster/refused` with status 409. */
  create(object: KubernetesObject): Promise<KubernetesObject>;
  /** Server-side apply, of the status alone with `status`, on condition of the resource version that the object names. */
  apply(object: KubernetesObject, options: { force: boolean; status?: boolean }): Promise<Applied>;
  /** Deletes exactly what was looked at: the same uid and resource version. False when it was not there. */
  removeSeen(seen: KubernetesObject): Promise<boolean>;
}
