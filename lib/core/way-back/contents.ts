import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { ZonebridgeError } from '../errors.ts';
import { stableJson } from '../model/content-hash.ts';
import { type KubernetesObject, objectTitle } from '../onboarding/kubernetes-object.ts';
import { type ManifestPart, wayBackVersion } from './manifest.ts';
import { kindOf, type Producer } from './producers.ts';

/** What a cluster shall have. Labels and annotations of ours are added by the agent, so that nobody else can give them away. */
const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({
    name: z.string().min(1).max(253),
    namespace: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      .optional(),
    uid: z.string().min(1).max(128).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** An object, and the generation in which it became what it is. */
const entry = z.strictObject({ since: z.number().int().positive(), object });
export interface DesiredEntry {
  since: number;
  object: KubernetesObject;
}

const contents = z.strictObject({
  format: z.literal(wayBackVersion),
  cluster: z.string(),
  producer: z.string(),
  entries: z.array(entry).max(5_000),
});

/** Names that Kubernetes takes for most objects (RFC 1123 subdomain); anything else could leave its place in a path. */
const objectName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

export function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** The text that is stored; the same entries give the same text. */
export function contentsText(cluster: string, producer: Producer, entries: readonly DesiredEntry[]): string {
  return stableJson({ format: wayBackVersion, cluster, producer, entries });
}

/**
 * Reads the contents that a manifest names. Throws `desired/invalid` unless they are exactly those, for this cluster and producer, and hold only what
 * this producer may write, each object once.
 */
export function openContents(
  text: string,
  expected: { part: ManifestPart; producer: Producer; cluster: string },
): DesiredEntry[] {
  const { part, producer, cluster } = expected;
  if (hashOf(text) !== part.sha256) throw refused(producer, 'are not what the manifest names');
  const read = contents.safeParse(JSON.parse(text));
  if (!read.success || read.data.cluster !== cluster || read.data.producer !== producer)
    throw refused(producer, 'have another form, producer or cluster than expected');
  const entries = read.data.entries as DesiredEntry[];
  const titles = new Set<string>();
  for (const { object: one } of entries) {
    const title = objectTitle(one);
    if (!objectName.test(one.metadata.name) || !isAllowed(producer, one) || titles.has(title))
      throw refused(producer, `hold ${title}, which this producer may not write or names twice`);
    titles.add(title);
  }
  return entries;
}

/** Of somebody else's object only its status is written, and only of the one that was meant. */
function isAllowed(producer: Producer, object: KubernetesObject): boolean {
  const known = kindOf(producer, object);
  if (known?.part !== 'status') return known !== undefined;
  const { apiVersion: _, kind: __, metadata, status: ___, ...more } = object;
  const { name: ____, namespace: _____, uid, ...marks } = metadata;
  return uid !== undefined && Object.keys(more).length === 0 && Object.keys(marks).length === 0;
}

function refused(producer: Producer, why: string): ZonebridgeError {
  return new ZonebridgeError('desired/invalid', `the contents of ${producer} ${why}`);
}

/** Entries for objects: those that did not change keep the generation in which they became what they are. Sorted by title. */
export function entriesFor(
  objects: readonly KubernetesObject[],
  before: readonly DesiredEntry[],
  generation: number,
): DesiredEntry[] {
  const known = new Map(before.map((one) => [objectTitle(one.object), one]));
  return objects
    .toSorted((a, b) => (objectTitle(a) < objectTitle(b) ? -1 : 1))
    .map((one) => {
      const old = known.get(objectTitle(one));
      const same = old !== undefined && stableJson(old.object) === stableJson(one);
      return { since: same ? old.since : generation, object: one };
    });
}
