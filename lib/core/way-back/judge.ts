import type { KubernetesObject } from '../onboarding/kubernetes-object.ts';
import type { DesiredEntry } from './contents.ts';
import { kindsOf, type Producer } from './producers.ts';

/** Label of everything that the way back made, with its producer: only what carries it is changed or pruned. */
export const producerLabel = 'zonebridge.dev/producer';
/** Generation in which an object became what it is: an older one never goes over it. */
export const generationAnnotation = 'zonebridge.dev/generation';

/**
 * What became of an object. `newer`: it is younger than what was to be applied. `foreign`: somebody else's object has its name. `conflict`: it changed
 * between look and deed, so the next look decides.
 */
export type Outcome =
  | 'created'
  | 'changed'
  | 'unchanged'
  | 'pruned'
  | 'newer'
  | 'foreign'
  | 'conflict'
  | 'refused';

/** Outcomes after which the cluster is not as it should be. */
export const troubles: readonly Outcome[] = ['foreign', 'conflict', 'refused'];

/** The object as it is applied: with our marks, and on condition of the version that was looked at. */
export function marked(
  { object, since }: DesiredEntry,
  producer: Producer,
  live?: KubernetesObject,
): KubernetesObject {
  const { metadata } = object;
  const version = live?.metadata['resourceVersion'];
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(version === undefined ? {} : { resourceVersion: version }),
      labels: { ...metadata.labels, [producerLabel]: producer, 'app.kubernetes.io/managed-by': 'zonebridge' },
      annotations: { ...metadata.annotations, [generationAnnotation]: String(since) },
    },
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

/** Entries in the order in which they are applied; pruning goes the other way round. */
export function inOrder(producer: Producer, entries: readonly DesiredEntry[]): DesiredEntry[] {
  const kinds = kindsOf(producer);
  const rank = ({ object: { apiVersion, kind } }: DesiredEntry): number =>
    kinds.findIndex((known) => known.apiVersion === apiVersion && known.kind === kind);
  return entries.toSorted((a, b) => rank(a) - rank(b));
}
