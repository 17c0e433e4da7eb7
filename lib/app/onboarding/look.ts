import { isZonebridgeError } from '../../core/errors.ts';
import { examine, examineLeaving, type Examination, type Obstacle } from '../../core/onboarding/examine.ts';
import type { ClusterApi, EksCluster, Installer, StoredPodIdentity } from '../../core/onboarding/ports.ts';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
import { producerNames } from '../../core/way-back/producers.ts';
import { inUseText, withoutLeftEntry } from './own-entry.ts';
import {
  isOutside,
  notReady,
  nothingTried,
  obstacleOf,
  type Preview,
  preview,
  type PreviewRequest,
} from './preview.ts';
import type { Wanted } from './wanted.ts';

/** How we get into the cluster. */
export type Access =
  /** Let in already. */
  | 'given'
  /** By an access entry of ours that is deleted again. */
  | 'temporary'
  /** Not needed: nothing is applied. */
  | 'none';

/** What was found of a cluster before anything is changed. */
export interface Look extends Omit<Preview, 'obstacles'> {
  eks: EksCluster;
  identity: StoredPodIdentity | undefined;
  examination: Examination;
  access: Access;
  api: ClusterApi;
}

/** Why we look: to install, to write manifests to files, or to take the agent out. */
export type Purpose = 'join' | 'files' | 'leave';

/**
 * Reads the cluster and finds everything that stands in the way at once. Changes nothing, but that an access entry which a killed run of ours left is
 * deleted: objects go through a dry run.
 * Throws `cluster/not-ready` when there is no such cluster.
 */
export async function look(
  installer: Installer,
  wanted: Wanted,
  { purpose, now, force = false }: { purpose: Purpose; now: number; force?: boolean },
): Promise<Look> {
  const { name, account, region, namespace, serviceAccount } = wanted.cluster;
  const obstacles = await ofCaller(installer, wanted);
  const eks = await installer.eks.describe(name);
  if (eks === undefined) {
    const message = `EKS has no cluster ${name} in ${region} of account ${account}`;
    throw notReady(wanted.key, [
      ...obstacles,
      { seen: message, remedy: 'Correct its entry in zonebridge.yaml.' },
    ]);
  }
  // Who leaves takes every feature along.
  const settings = purpose === 'leave' ? withEverything(wanted.settings) : wanted.settings;
  const [addons, identity, objects] = await Promise.all([
    installer.eks.addons(name),
    installer.eks.podIdentity(name, { namespace, serviceAccount }),
    installer.manifests(settings),
  ]);
  const needsAccess = !installer.ownAccess && purpose !== 'files';
  const facts = { eks, addons, identity, wanted: wanted.identity, irsa: wanted.irsa, needsAccess };
  const examination = purpose === 'leave' ? examineLeaving(facts) : examine(facts);
  const api = installer.api(eks);
  const entry = await withoutLeftEntry(installer, eks, now);
  const trial = purpose === 'join' ? { dryRun: true as const, force } : undefined;
  const { obstacles: inside, ...seen } =
    purpose === 'files'
      ? { access: 'none' as const, obstacles: [], ...nothingTried(objects) }
      : await previewed(installer, { api, wanted, objects, trial });
  examination.obstacles.unshift(...obstacles);
  examination.obstacles.push(...inside);
  if (entry?.state === 'left')
    examination.notes.push(
      `the access entry that an interrupted run left for ${entry.principal} was deleted`,
    );
  if (entry?.state === 'in-use' && needsAccess)
    examination.obstacles.push({
      seen: inUseText(entry.principal),
      remedy: 'Wait for it, then run the command again.',
    });
  // The cluster may still know the entry that was deleted.
  const access = entry?.state === 'left' && needsAccess ? 'temporary' : seen.access;
  return { eks, identity, examination, api, ...seen, access };
}

/** Every feature, whatever the agent has: what is not there is not taken out. */
function withEverything(settings: AgentSettings): AgentSettings {
  const wayBack = { writes: producerNames, bucket: 'none', prefix: 'none', publicKeys: ['none'] };
  const gates = settings.gates ?? {};
  return { ...settings, metrics: true, networkReport: true, services: 'all', gates, wayBack };
}

async function ofCaller(installer: Installer, { cluster }: Wanted): Promise<Obstacle[]> {
  const principal = await installer.caller.principal();
  const account = principal?.split(':')[4];
  if (account === undefined || account === cluster.account) return [];
  return [
    {
      seen: `you are signed in to account ${account}, the cluster is in ${cluster.account}`,
      remedy: 'Sign in there, or name a role there by --assume.',
    },
  ];
}

/** Whoever is not let in yet finds nothing out, gets an entry later, and asks then. */
async function previewed(
  installer: Installer,
  request: PreviewRequest,
): Promise<Preview & Pick<Look, 'access'>> {
  try {
    return { access: 'given', ...(await preview(request)) };
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    const untried = nothingTried(request.objects);
    if (isOutside(error) && !installer.ownAccess) return { access: 'temporary', obstacles: [], ...untried };
    return { access: 'given', obstacles: [obstacleOf(error)], ...untried };
  }
}
