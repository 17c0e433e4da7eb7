import { isZonebridgeError } from '../../core/errors.ts';
import { objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import type { Applied, Installer } from '../../core/onboarding/ports.ts';
import type { Ports } from '../ports.ts';
import { inside } from './enter.ts';
import { leftoverRights } from './leftovers.ts';
import { hearsAll, heard, type Heard } from './hear.ts';
import type { Look } from './look.ts';
import { notReady, preview } from './preview.ts';
import type { Wanted } from './wanted.ts';

/** What onboarding works with. */
export interface Onboarding {
  ports: Ports;
  installer: Installer;
  wanted: Wanted;
  progress: (line: string) => void;
  /** Asks the work in the cluster to end before it is done. */
  stop?: AbortSignal | undefined;
}

export interface Onboarded {
  identity: 'created' | 'already' | 'not-used';
  objects: { object: string; became: Applied }[];
  /** Rights that nothing needs any more. */
  removed: string[];
  /** What the hub had of the cluster before. */
  before: Heard;
}

/**
 * Asks again, inside of the cluster, whose agent is there and what would conflict, then makes the association and applies the manifests; what is so
 * already stays as it is, so that it can be repeated after any failure.
 * The role comes before what needs it: an agent without it starts, fails and waits longer each time.
 * Throws `cluster/not-ready` for obstacles, and `cluster/refused` or `cluster/unreachable`.
 */
export async function onboard(
  onboarding: Onboarding,
  seen: Look,
  { force }: { force: boolean },
): Promise<Onboarded> {
  const { ports, installer, wanted, progress, stop } = onboarding;
  const { examination } = seen;
  if (examination.obstacles.length > 0) throw notReady(wanted.key, examination.obstacles);
  const before = await heard(ports, wanted.id);
  let missing = examination.identity === 'create';
  const identity = examination.identity === 'create' ? 'created' : examination.identity;
  const associateOnce = async (): Promise<void> => {
    if (missing) await associate(onboarding, seen);
    missing = false;
  };
  const objects: Onboarded['objects'] = [];
  const removed: string[] = [];
  if (seen.access === 'none') {
    await associateOnce();
    return { identity, objects, removed, before };
  }
  const all = seen.objects.map(({ object }) => object);
  await inside({ installer, clock: ports.clock, progress, stop }, seen, async (api) => {
    const { obstacles } = await preview({ api, wanted, objects: all, trial: { dryRun: true, force } });
    if (obstacles.length > 0) throw notReady(wanted.key, obstacles);
    await associateOnce();
    // Begun anew when we are only let in midway.
    objects.length = 0;
    for (const object of all) {
      const became = await api.apply(object, { force });
      if (became !== 'unchanged') progress(`${became} ${objectTitle(object)}`);
      objects.push({ object: objectTitle(object), became });
    }
    for (const left of await leftoverRights(api, all)) {
      if (!(await api.remove(left, left.metadata.uid ?? ''))) continue;
      progress(`removed ${objectTitle(left)}`);
      removed.push(objectTitle(left));
    }
  });
  return { identity, objects, removed, before };
}

async function associate({ installer, wanted, progress }: Onboarding, { eks }: Look): Promise<void> {
  const { namespace, serviceAccount, roleArn } = wanted.identity;
  progress(`associating ${namespace}/${serviceAccount} with ${roleArn}`);
  await installer.eks.createPodIdentity(eks.name, wanted.identity);
}

/** Longest that a first listing of a large cluster and a slow image registry take. */
const patienceMs = 10 * 60_000;
const pauseMs = 2_000;

/** Waits until the hub has heard everything of the agent that runs now. Undefined when it did not in time. */
export async function waitForAgent(
  { ports, wanted, progress }: Onboarding,
  done: Onboarded,
): Promise<Heard | undefined> {
  const restarted = done.objects.some(
    ({ object, became }) => object.startsWith('Deployment ') && became !== 'unchanged',
  );
  const { clock } = ports;
  const end = clock.now() + patienceMs;
  let said = '';
  for (;;) {
    const now = await heard(ports, wanted.id).catch((error: unknown) => {
      if (isZonebridgeError(error, 'store/unavailable')) return undefined;
      throw error;
    });
    if (now !== undefined) {
      const line = describe(now, restarted ? done.before : undefined);
      if (line !== said) progress(line);
      said = line;
      const another = !restarted || now.process !== done.before.process;
      if (another && hearsAll(now, clock.now())) return now;
    }
    if (clock.now() >= end) return undefined;
    await clock.sleep(pauseMs);
  }
}

function describe(now: Heard, before: Heard | undefined): string {
  if (now.process === undefined || (before !== undefined && now.process === before.process))
    return 'waiting for the agent to greet the hub';
  return `agent ${now.agentVersion ?? ''} has epoch ${now.epoch}: ${now.verifiedShards} of 256 shards are verified, ${now.endpoints} endpoints`;
}
