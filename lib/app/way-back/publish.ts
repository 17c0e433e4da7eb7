import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { schemaVersion } from '../../core/model/messages.ts';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';
import {
  contentsText,
  type DesiredEntry,
  entriesFor,
  hashOf,
  openContents,
} from '../../core/way-back/contents.ts';
import {
  bytesToSign,
  type Manifest,
  type ManifestPart,
  openManifest,
  sealed,
  wayBackVersion,
} from '../../core/way-back/manifest.ts';
import { stableJson } from '../../core/model/content-hash.ts';
import { contentsKey, type DesiredStore, manifestKey, type Signer } from '../../core/way-back/ports.ts';
import { isProducer, type Producer } from '../../core/way-back/producers.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import { advanceDesired, type DesiredRow, notePublished, readDesired } from '../state/desired.ts';

/** What publishing works with. */
export interface Publishing {
  ports: Ports;
  store: DesiredStore;
  signer: Signer;
}

/** Whom it is for: key in the configuration, and id. */
export interface Recipient {
  key: string;
  id: string;
}

/** More than this many others at once would be a fault of its own. */
const tries = 5;

/**
 * Stores what a producer wants of a cluster, when it changed, and takes the next generation. The contents come first, the row of the cluster second: a
 * crash in between leaves contents that nobody names. `finishPublishing` does the rest. Returns whether anything changed.
 */
export async function publishPart(
  { ports, store }: Publishing,
  to: Recipient,
  { producer, objects }: { producer: Producer; objects: readonly KubernetesObject[] },
): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = await readDesired(ports.tables, to.id);
    const generation = before.generation + 1;
    const known = before.parts.find((part) => part.producer === producer);
    const old = known === undefined ? undefined : await storedEntries(store, to, { producer, before });
    const text = contentsText(to.id, producer, entriesFor(objects, old ?? [], generation));
    const sha256 = hashOf(text);
    if (known !== undefined && sha256 === known.sha256) return false;
    const version = await store.put(contentsKey(to.key, producer), text);
    const others = before.parts.filter((part) => part.producer !== producer);
    const parts = [...others, { producer, version, sha256 }];
    if (await advanceDesired(ports.tables, to.id, { before, generation, parts })) return true;
  }
  throw new ZonebridgeError('store/condition-failed', `others publish for ${to.key} all the time`);
}

/** What the producer wanted before; undefined when it cannot be read any more: then all of it counts as changed now. */
async function storedEntries(
  store: DesiredStore,
  to: Recipient,
  { producer, before }: { producer: Producer; before: DesiredRow },
): Promise<DesiredEntry[] | undefined> {
  const part = before.parts.find((one) => one.producer === producer);
  const found = part && (await store.read(contentsKey(to.key, producer), part.version));
  if (part === undefined || found === undefined) return undefined;
  try {
    return openContents(found.text, { part, producer, cluster: to.id });
  } catch (error) {
    if (isZonebridgeError(error, 'desired/invalid')) return undefined;
    throw error;
  }
}

/**
 * Brings the manifest in the bucket to the generation of the row, whoever took it, and wakes the agent. What a crash left, or somebody deleted, is
 * put there by the next round; one read when all is well.
 * An older manifest never goes over a newer one; one that was not signed by us is written over. False when the table was put back to an older state:
 * then every part counts as changed now, because agents take nothing that is older than what they have, and has to be published again.
 */
export async function finishPublishing(
  { ports, store, signer }: Publishing,
  to: Recipient,
): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const row = await readDesired(ports.tables, to.id);
    if (row.generation === 0) return true;
    const key = manifestKey(to.key);
    const found = await store.read(key);
    const own = found && (await ownManifest(signer, to, found.text));
    const there = own?.manifest;
    if (there !== undefined && isAhead(there, row)) {
      const { generation } = there;
      await advanceDesired(ports.tables, to.id, { before: row, generation, parts: forgotten(there, row) });
      return false;
    }
    // What a former key signed is signed again, before agents stop accepting it.
    const isThere = own?.signedBy === 'in-force' && there?.generation === row.generation;
    if (isThere && row.published >= row.generation) return true;
    if (!isThere) {
      const text = JSON.stringify({
        format: wayBackVersion,
        cluster: to.id,
        generation: row.generation,
        parts: [...row.parts],
      } satisfies Manifest);
      const signature = await signer.sign(bytesToSign(text));
      if (!(await store.replace(key, sealed(text, signature), found?.tag))) continue;
    }
    await notePublished(ports.tables, to.id, row.generation);
    await ports.queues.send({
      queue: names.agentQueue(ports.hub, to.key),
      body: JSON.stringify({ type: 'desired', schema: schemaVersion, generation: row.generation }),
    });
    return true;
  }
  throw new ZonebridgeError('store/condition-failed', `others publish for ${to.key} all the time`);
}

/** What lies in the bucket was published when the table had gone further than it is now. */
function isAhead(there: Manifest, row: DesiredRow): boolean {
  if (there.generation !== row.generation) return there.generation > row.generation;
  return stableJson(there.parts) !== stableJson(row.parts);
}

/** The parts of both, with hashes that no contents have. */
function forgotten(there: Manifest, row: DesiredRow): ManifestPart[] {
  const parts = new Map([...row.parts, ...there.parts].map((part) => [part.producer, part]));
  return [...parts.values()]
    .filter(({ producer }) => isProducer(producer))
    .map((part) => ({ ...part, sha256: '0'.repeat(64) }));
}

/** What lies there, when it is ours, and which of our keys signed it. */
async function ownManifest(signer: Signer, to: Recipient, text: string) {
  let signedBy: Awaited<ReturnType<Signer['signedBy']>>;
  try {
    const manifest = await openManifest(text, {
      cluster: to.id,
      verify: async (bytes, signature) => {
        signedBy = await signer.signedBy(bytes, signature);
        return signedBy !== undefined;
      },
    });
    return { manifest, signedBy };
  } catch (error) {
    if (isZonebridgeError(error, 'desired/invalid', 'desired/wrong-cluster', 'desired/wrong-signature'))
      return undefined;
    throw error;
  }
}
