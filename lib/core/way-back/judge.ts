import type { KubernetesObject } from '../onboarding/kubernetes-object.ts';
import type { DesiredEntry } from './contents.ts';
import { kindsOf, type Producer } from './producers.ts';

/** Label of everything that the way back made, with its producer: only what carries it is changed or pruned. */
export const producerLabel = 'zonebridge.dev/producer';
/** Generation in which an object became what it is: an older one never goes over it. */
export const generationAnnotation = 'zonebridge.dev/generation';

/** The same in a status that we write: statuses have no annotations of ours. */
const revisionField = 'revision';

/**
 * What became of an object. `absent`: somebody else's object, whose status was to be written, is gone. `newer`: it is younger than what was to be applied. `foreign`: somebody else's object has its name. `conflict`: it changed
 * between look and deed, so the next look decides.
 */
export type Outcome =
  | 'created'
  | 'changed'
  | 'unchanged'
  | 'pruned'
  | 'absent'
  | 'newer'
  | 'foreign'
  | 'conflict'
  | 'refused';

/**
 * Outcomes after which the cluster is not as it should be. `newer` is one: whoever may edit an object can raise its generation, and so keep
 * what he made of it; only a person can tell that from a hub whose state was put back.
 */
export const troubles: readonly Outcome[] = ['foreign', 'newer', 'conflict', 'refused'];

/** The object as it is applied: with our marks, and on condition of the version that was looked at. */
export function marked(
  { object, since }: DesiredEntry,
  producer: Producer,
  live: KubernetesObject,
): KubernetesObject {
  const { metadata } = object;
  const marks = marksOf(producer, since);
  return {
    ...object,
    metadata: {
      ...metadata,
      resourceVersion: live.metadata['resourceVersion'],
      labels: { ...metadata.labels, ...marks.labels },
      annotations: { ...metadata.annotations, ...marks.annotations },
    },
  };
}

/** Nothing of the object but its name and our marks: what server-side apply finds made by other means keeps what it does not want any more. */
export function bare({ object, since }: DesiredEntry, producer: Producer): KubernetesObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const place = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion, kind, metadata: { ...place, ...marksOf(producer, since) } };
}

function marksOf(producer: Producer, since: number) {
  return {
    labels: { [producerLabel]: producer, 'app.kubernetes.io/managed-by': 'zonebridge' },
    annotations: { [generationAnnotation]: String(since) },
  };
}

/** Whether an object may be applied over what is there. */
export function judgeApply(
  { since }: DesiredEntry,
  producer: Producer,
  live: KubernetesObject | undefined,
): 'apply' | 'newer' | 'foreign' {
  if (live === undefined) return 'apply';
  if (live.metadata.labels?.[producerLabel] !== producer) return 'foreign';
  return generationOf(live) > since ? 'newer' : 'apply';
}

/** Whether an object that nobody wants any more is pruned: it is ours, and not younger than the manifest that leaves it out. */
export function judgePrune(live: KubernetesObject, producer: Producer, generation: number): boolean {
  return live.metadata.labels?.[producerLabel] === producer && generationOf(live) <= generation;
}

/** What cannot be read is taken for the youngest: it is left alone. */
function generationOf({ metadata }: KubernetesObject): number {
  const written = Number(metadata.annotations?.[generationAnnotation] ?? Number.NaN);
  return Number.isInteger(written) && written > 0 ? written : Number.POSITIVE_INFINITY;
}

/** The status as it is applied: of the object that was looked at, with the generation, and since when conditions and firewalls are as they are. */
export function markedStatus(
  { object, since }: DesiredEntry,
  live: KubernetesObject,
  now: string,
): KubernetesObject {
  const { apiVersion, kind, metadata } = object;
  const { uid, resourceVersion } = live.metadata;
  const timed = timedLists.flatMap((list) => {
    const entries = timedOf(object, live, { list, now });
    return entries === undefined ? [] : [[list.name, entries] as const];
  });
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace ?? '', uid: uid ?? '', resourceVersion },
    status: { ...(object['status'] as object), ...Object.fromEntries(timed), [revisionField]: since },
  };
}

/** Lists of a status whose entries say since when: by which field they are the same entry, what counts as a change, and where the time stands. */
const timedLists = [
  { name: 'conditions', key: 'type', state: 'status', time: 'lastTransitionTime' },
  { name: 'firewalls', key: 'name', state: 'state', time: 'since' },
] as const;

function timedOf(
  object: KubernetesObject,
  live: KubernetesObject,
  { list, now }: { list: (typeof timedLists)[number]; now: string },
): Record<string, unknown>[] | undefined {
  const { key, name, state, time } = list;
  const before = entriesOf(live['status'], name) ?? [];
  return entriesOf(object['status'], name)?.map((one) => {
    const old = before.find((other) => other[key] === one[key]);
    const same = old !== undefined && old[state] === one[state];
    return { ...one, [time]: same ? (old[time] ?? now) : now };
  });
}

function entriesOf(status: unknown, name: string): Record<string, unknown>[] | undefined {
  const list = ((status ?? {}) as Record<string, unknown>)[name];
  return Array.isArray(list) ? (list as Record<string, unknown>[]) : undefined;
}

/** Whether the status of an object may be written: it is the one that was meant, and has no younger one. */
export function judgeStatus(
  { object, since }: DesiredEntry,
  live: KubernetesObject | undefined,
): 'apply' | 'absent' | 'newer' {
  if (live === undefined || live.metadata.uid !== object.metadata.uid) return 'absent';
  const written = Number((live['status'] as Record<string, unknown> | undefined)?.[revisionField] ?? 0);
  return written > since ? 'newer' : 'apply';
}

/** Entries in the order in which they are applied; pruning goes the other way round. */
export function inOrder(producer: Producer, entries: readonly DesiredEntry[]): DesiredEntry[] {
  const kinds = kindsOf(producer);
  const rank = ({ object: { apiVersion, kind } }: DesiredEntry): number =>
    kinds.findIndex((known) => known.apiVersion === apiVersion && known.kind === kind);
  return entries.toSorted((a, b) => rank(a) - rank(b));
}
