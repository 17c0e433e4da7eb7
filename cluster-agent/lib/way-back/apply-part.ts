import { isZonebridgeError } from '../../../lib/core/errors.ts';
import { type KubernetesObject, objectTitle } from '../../../lib/core/onboarding/kubernetes-object.ts';
import type { DesiredEntry } from '../../../lib/core/way-back/contents.ts';
import {
  bare,
  inOrder,
  judgeApply,
  judgePrune,
  judgeStatus,
  marked,
  markedStatus,
  type Outcome,
  producerLabel,
} from '../../../lib/core/way-back/judge.ts';
import type { ClusterObjects } from '../../../lib/core/way-back/ports.ts';
import { kindOf, kindsOf, type Producer } from '../../../lib/core/way-back/producers.ts';

export interface ObjectOutcome {
  object: string;
  outcome: Outcome;
  message?: string;
}

/** The cluster, and when to stop writing in it: between two objects, by throwing the reason. */
export interface Writing {
  objects: ClusterObjects;
  /** Milliseconds since 1970. */
  now: () => number;
  stop?: AbortSignal | undefined;
}

/** Contents of one producer that were read in full. */
export interface Part {
  producer: Producer;
  entries: readonly DesiredEntry[];
}

/** What we made in the cluster for a producer, in full. Throws when any part of it cannot be read: then nothing is pruned either. */
export async function ownObjects(
  objects: ClusterObjects,
  producer: Producer,
): Promise<Map<string, KubernetesObject>> {
  const found = new Map<string, KubernetesObject>();
  for (const kind of kindsOf(producer).filter(({ part }) => part === 'whole'))
    for (const one of await objects.list(kind, { name: producerLabel, value: producer }))
      found.set(objectTitle(one), one);
  return found;
}

/** Applies each object that is not as it should be. One that is refused stops no other one; an API that does not answer stops all. */
export async function applyEntries(
  { objects, now, stop }: Writing,
  { producer, entries }: Part,
  own: ReadonlyMap<string, KubernetesObject>,
): Promise<ObjectOutcome[]> {
  const outcomes: ObjectOutcome[] = [];
  for (const entry of inOrder(producer, entries)) {
    stop?.throwIfAborted();
    const object = objectTitle(entry.object);
    outcomes.push(
      await attempt(object, async () => {
        if (kindOf(producer, entry.object)?.part === 'status') return applyStatus(objects, entry, now());
        // What does not carry our label was not listed, and may be there all the same.
        const live = own.get(object) ?? (await objects.read(entry.object));
        const judged = judgeApply(entry, producer, live);
        if (judged !== 'apply') return judged;
        if (live === undefined) return make(objects, entry, producer);
        const wanted = marked(entry, producer, live);
        return covers(live, wanted) ? 'unchanged' : objects.apply(wanted, { force: true });
      }),
    );
  }
  return outcomes;
}

/**
 * Server-side apply knows no condition that there be nothing yet: what somebody else, or a younger agent, made meanwhile would become ours. So it is
 * made bare first, which is refused then, and filled on condition of that.
 */
async function make(objects: ClusterObjects, entry: DesiredEntry, producer: Producer): Promise<Outcome> {
  const live = await objects.create(bare(entry, producer));
  await objects.apply(marked(entry, producer, live), { force: true });
  return 'created';
}

/** The object is somebody else's: it is neither made nor deleted, and has no fields of ours but the status. */
async function applyStatus(objects: ClusterObjects, entry: DesiredEntry, now: number): Promise<Outcome> {
  const live = await objects.read(entry.object);
  const judged = judgeStatus(entry, live);
  if (judged !== 'apply' || live === undefined) return judged === 'apply' ? 'absent' : judged;
  // Kubernetes knows no parts of a second here.
  const moment = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const wanted = markedStatus(entry, live, moment);
  if (covers(live, wanted)) return 'unchanged';
  return objects.apply(wanted, { force: true, status: true });
}

/** Deletes what is ours and not wanted any more, the last kind first. */
export async function prune(
  { objects, stop }: Writing,
  { producer, entries, generation }: Part & { generation: number },
  own: ReadonlyMap<string, KubernetesObject>,
): Promise<ObjectOutcome[]> {
  const wanted = new Set(entries.map(({ object }) => objectTitle(object)));
  const unwanted = [...own].filter(
    ([title, live]) => !wanted.has(title) && judgePrune(live, producer, generation),
  );
  const outcomes: ObjectOutcome[] = [];
  for (const [object, live] of unwanted.toReversed()) {
    stop?.throwIfAborted();
    outcomes.push(
      await attempt(object, async () => {
        await objects.removeSeen(live);
        return 'pruned';
      }),
    );
  }
  return outcomes;
}

async function attempt(object: string, deed: () => Promise<Outcome>): Promise<ObjectOutcome> {
  try {
    return { object, outcome: await deed() };
  } catch (error) {
    if (!isZonebridgeError(error, 'cluster/refused')) throw error;
    const outcome = error.fields['status'] === 409 ? 'conflict' : 'refused';
    return { object, outcome, message: error.message };
  }
}

/** Whether everything that is wanted is there already, whatever else there is. */
function covers(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((one, index) => covers(live[index], one))
    );
  if (wanted === null || typeof wanted !== 'object') return live === wanted;
  if (live === null || typeof live !== 'object') return false;
  const fields = live as Record<string, unknown>;
  return Object.entries(wanted).every(([name, value]) => value === undefined || covers(fields[name], value));
}
