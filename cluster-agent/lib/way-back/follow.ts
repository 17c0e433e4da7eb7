import { isZonebridgeError, ZonebridgeError } from '../../../lib/core/errors.ts';
import { openContents } from '../../../lib/core/way-back/contents.ts';
import {
  type Manifest,
  type ManifestPart,
  openManifest,
  type Verify,
} from '../../../lib/core/way-back/manifest.ts';
import { troubles } from '../../../lib/core/way-back/judge.ts';
import type { ClusterObjects, DesiredSource } from '../../../lib/core/way-back/ports.ts';
import { isProducer, type Producer, producerNames } from '../../../lib/core/way-back/producers.ts';
import type { AppliedPart, AppliedReport } from '../../../lib/core/way-back/report.ts';
import { applyEntries, type ObjectOutcome, ownObjects, type Part, prune } from './apply-part.ts';
import { GenerationClaim } from './claim.ts';

export interface FollowOptions {
  source: DesiredSource;
  objects: ClusterObjects;
  verify: Verify;
  /** Id of this cluster, `account|region|name`. */
  cluster: string;
  /** Namespace of the agent. */
  namespace: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Producers that this cluster admits. */
  enabled: readonly Producer[];
  /** Between two objects it may be stopped; the next look does the rest. */
  stop?: AbortSignal | undefined;
}

/** What came of one look. `settled`: everything is as the manifest wants it. */
export interface Followed {
  report: AppliedReport;
  settled: boolean;
}

const objectsTold = 50;

/**
 * Makes the cluster what a manifest says. Whatever is wrong with the manifest, or with the contents of one producer, changes nothing: neither is an
 * object that is missing a reason to delete one. Throws when store or cluster do not answer, and when it is stopped.
 */
export async function follow(options: FollowOptions, text: string): Promise<Followed> {
  const { cluster, verify, objects, namespace } = options;
  let manifest: Manifest;
  try {
    manifest = await openManifest(text, { cluster, verify });
    await new GenerationClaim(objects, namespace).take(manifest.generation);
  } catch (error) {
    if (!isZonebridgeError(error) || error.code === 'cluster/unreachable') throw error;
    return { report: { generation: 0, refused: told(error), parts: [] }, settled: false };
  }
  const opened = await openParts(options, manifest);
  const parts: Part[] = [];
  const outcomes = new Map<string, ObjectOutcome[]>();
  const refusals = new Map<string, ZonebridgeError>();
  for (const one of opened) {
    if ('error' in one) refusals.set(one.producer, one.error);
    else parts.push(one);
  }
  const { generation } = manifest;
  const pruning: (() => Promise<void>)[] = [];
  for (const part of parts) {
    const { producer } = part;
    try {
      const own = await ownObjects(objects, producer);
      const done = await applyEntries(options, part, own);
      outcomes.set(producer, done);
      pruning.unshift(async () => {
        done.push(...(await prune(options, { ...part, generation }, own)));
      });
    } catch (error) {
      if (!isZonebridgeError(error, 'cluster/refused')) throw error;
      refusals.set(producer, error);
    }
  }
  // What refers goes before what it refers to.
  for (const step of pruning) await step();
  const report = {
    generation,
    parts: opened.map(({ producer }) => partReport(producer, { outcomes, refusals })),
  };
  const well = [...outcomes.values()].flat().every(({ outcome }) => !troubles.includes(outcome));
  return { report, settled: well && refusals.size === 0 };
}

/** Reads all contents before anything is applied, in the order of the producers. What this agent does not admit is told, and left alone. */
async function openParts(
  { source, cluster, enabled }: FollowOptions,
  manifest: Manifest,
): Promise<(Part | { producer: string; error: ZonebridgeError })[]> {
  const rank = ({ producer }: ManifestPart): number =>
    isProducer(producer) ? producerNames.indexOf(producer) : producerNames.length;
  const opened: (Part | { producer: string; error: ZonebridgeError })[] = [];
  for (const part of manifest.parts.toSorted((a, b) => rank(a) - rank(b))) {
    const { producer } = part;
    try {
      if (!isProducer(producer) || !enabled.includes(producer))
        throw new ZonebridgeError('desired/invalid', `${producer} is not enabled in this cluster`);
      const text = await source.contents(producer, part.version);
      if (text === undefined)
        throw new ZonebridgeError('desired/missing', `the contents of ${producer} are not there`);
      opened.push({ producer, entries: openContents(text, { part, producer, cluster }) });
    } catch (error) {
      if (!isZonebridgeError(error, 'desired/invalid', 'desired/missing')) throw error;
      opened.push({ producer, error });
    }
  }
  return opened;
}

function partReport(
  producer: string,
  {
    outcomes,
    refusals,
  }: { outcomes: ReadonlyMap<string, ObjectOutcome[]>; refusals: ReadonlyMap<string, ZonebridgeError> },
): AppliedPart {
  const done = outcomes.get(producer) ?? [];
  const counts = Object.fromEntries(
    [...Map.groupBy(done, ({ outcome }) => outcome)].map(([name, all]) => [name, all.length]),
  );
  const refusal = refusals.get(producer);
  const worth = done
    .filter(({ outcome }) => outcome !== 'unchanged')
    .toSorted((a, b) => Number(troubles.includes(b.outcome)) - Number(troubles.includes(a.outcome)));
  return {
    producer,
    ...(refusal === undefined ? {} : { refused: told(refusal) }),
    outcomes: counts,
    objects: worth.slice(0, objectsTold).map(({ object, outcome, message }) => ({
      object: object.slice(0, 400),
      outcome,
      ...(message === undefined ? {} : { message: message.slice(0, 300) }),
    })),
  };
}

function told({ code, message }: ZonebridgeError): { code: string; message: string } {
  return { code, message: message.slice(0, 400) };
}
