import { generateKeyPairSync, sign, verify, type KeyPairKeyObjectResult } from 'node:crypto';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import type { Applied } from '../../lib/core/onboarding/ports.ts';
import { contentsText, type DesiredEntry, hashOf } from '../../lib/core/way-back/contents.ts';
import { bytesToSign, type Manifest, sealed, type Verify } from '../../lib/core/way-back/manifest.ts';
import type { ClusterObjects, DesiredSource, Signer } from '../../lib/core/way-back/ports.ts';
import type { Producer, WritableKind } from '../../lib/core/way-back/producers.ts';

/** Objects with versions and preconditions as the Kubernetes API has them; every write is kept. */
export class MemoryCluster implements ClusterObjects {
  readonly stored = new Map<string, KubernetesObject>();
  readonly writes: string[] = [];
  /** Runs before a request; throw to fail it. */
  before: ((request: 'read' | 'list' | 'create' | 'apply' | 'remove', title: string) => void) | undefined;
  #version = 0;

  async read(object: KubernetesObject): Promise<KubernetesObject | undefined> {
    this.before?.('read', objectTitle(object));
    return structuredClone(this.stored.get(objectTitle(object)));
  }

  async list(kind: WritableKind, label: { name: string; value: string }): Promise<KubernetesObject[]> {
    this.before?.('list', kind.kind);
    return structuredClone(
      [...this.stored.values()].filter(
        ({ kind: one, metadata }) =>
          one === kind.kind &&
          metadata.namespace === kind.namespace &&
          metadata.labels?.[label.name] === label.value,
      ),
    );
  }

  async create(object: KubernetesObject): Promise<KubernetesObject> {
    const title = objectTitle(object);
    this.before?.('create', title);
    if (this.stored.has(title)) throw conflict(title);
    this.put(object);
    this.writes.push(`create ${title}`);
    return structuredClone(this.stored.get(title) as KubernetesObject);
  }

  async apply(object: KubernetesObject): Promise<Applied> {
    const title = objectTitle(object);
    this.before?.('apply', title);
    const live = this.stored.get(title);
    const wanted = object.metadata['resourceVersion'];
    if (wanted !== undefined && wanted !== live?.metadata['resourceVersion']) throw conflict(title);
    this.put(object);
    this.writes.push(`apply ${title}`);
    return live === undefined ? 'created' : 'changed';
  }

  async removeSeen(seen: KubernetesObject): Promise<boolean> {
    const title = objectTitle(seen);
    this.before?.('remove', title);
    const live = this.stored.get(title);
    if (live === undefined) return false;
    if (live.metadata['resourceVersion'] !== seen.metadata['resourceVersion']) throw conflict(title);
    this.stored.delete(title);
    this.writes.push(`remove ${title}`);
    return true;
  }

  /** As somebody else would store it. */
  put(object: KubernetesObject): void {
    const title = objectTitle(object);
    const uid = this.stored.get(title)?.metadata.uid ?? `uid-${this.#version}`;
    this.#version += 1;
    this.stored.set(title, {
      ...structuredClone(object),
      metadata: { ...structuredClone(object.metadata), uid, resourceVersion: String(this.#version) },
    });
  }
}

function conflict(title: string): ZonebridgeError {
  return new ZonebridgeError('cluster/refused', `409 ${title}`, { fields: { status: 409 } });
}

/** Keys of the hub that lie in memory. */
export class LocalSigner implements Signer {
  readonly #keys = new Map<number, KeyPairKeyObjectResult>();
  /** As `hub.signingKeys`: the first signs, all are accepted. */
  numbers: readonly number[] = [1];
  /** Runs before a signature is made; throw to fail it. */
  before: (() => void) | undefined;

  async sign(bytes: Uint8Array): Promise<string> {
    this.before?.();
    return sign('sha256', bytes, this.#key(this.numbers[0] ?? 1).privateKey).toString('base64');
  }

  async signedBy(bytes: Uint8Array, signature: string) {
    const given = Buffer.from(signature, 'base64');
    const index = this.numbers.findIndex((one) => verify('sha256', bytes, this.#key(one).publicKey, given));
    return index < 0 ? undefined : index === 0 ? 'in-force' : 'other';
  }

  async publicKeys(): Promise<string[]> {
    return this.numbers.map((one) =>
      this.#key(one).publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    );
  }

  /** As an agent that was told the public keys of today. */
  get verify(): Verify {
    return async (bytes, signature) => (await this.signedBy(bytes, signature)) !== undefined;
  }

  #key(number: number): KeyPairKeyObjectResult {
    const known = this.#keys.get(number) ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#keys.set(number, known);
    return known;
  }
}

/** What a hub published, at hand for an agent. */
export class PublishedState implements DesiredSource {
  manifestText: string | undefined;
  readonly versions = new Map<string, string>();

  async manifest(known: string | undefined) {
    if (this.manifestText === undefined) return 'absent';
    const tag = hashOf(this.manifestText);
    return tag === known ? 'unchanged' : { text: this.manifestText, tag };
  }

  async contents(producer: string, version: string) {
    return this.versions.get(`${producer} ${version}`);
  }

  /** Puts a generation in place, signed by a key; returns the text of its manifest. */
  async publish(
    signer: Signer,
    {
      cluster,
      generation,
      entries,
    }: { cluster: string; generation: number; entries: Partial<Record<Producer, DesiredEntry[]>> },
  ): Promise<string> {
    const parts: Manifest['parts'] = [];
    // In the order in which they are given.
    for (const [producer, own] of Object.entries(entries) as [Producer, DesiredEntry[]][]) {
      const text = contentsText(cluster, producer, own);
      const version = `v${generation}`;
      this.versions.set(`${producer} ${version}`, text);
      parts.push({ producer, version, sha256: hashOf(text) });
    }
    const manifest = JSON.stringify({ format: 1, cluster, generation, parts });
    this.manifestText = sealed(manifest, await signer.sign(bytesToSign(manifest)));
    return this.manifestText;
  }
}

/** The object in which agents remember the generation, as the manifests install it. */
export const emptyClaim: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'zonebridge-agent-desired', namespace: 'zonebridge' },
};
