import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { examine, examineLeaving, type Examination, type Obstacle } from '../../core/onboarding/examine.ts';
import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import type {
  Applied,
  ClusterApi,
  EksCluster,
  Installer,
  StoredPodIdentity,
} from '../../core/onboarding/ports.ts';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
import { producerNames } from '../../core/way-back/producers.ts';
import { leftoverRights } from './leftovers.ts';
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
export interface Look {
  eks: EksCluster;
  identity: StoredPodIdentity | undefined;
  examination: Examination;
  access: Access;
  api: ClusterApi;
  /** Titles of what would be removed, as far as it is known before we are let in. */
  leftovers: string[];
  /** What would become of each object; undefined where we are not let in yet. */
  objects: { object: KubernetesObject; becomes: Applied | undefined }[];
}

/** Why we look: to install, to write manifests to files, or to take the agent out. */
export type Purpose = 'join' | 'files' | 'leave';

/**
 * Reads the cluster and finds everything that stands in the way at once. Changes nothing: objects go through a dry run.
 * Throws `cluster/not-ready` when there is no such cluster.
 */
export async function look(
  installer: Installer,
  wanted: Wanted,
  { purpose, force = false }: { purpose: Purpose; force?: boolean },
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
  const unknown = objects.map((object) => ({ object, becomes: undefined }));
  const seen: Preview =
    purpose === 'files'
      ? { access: 'none', objects: unknown, leftovers: [], obstacles: [] }
      : await preview({
          installer,
          api,
          wanted,
          objects,
          trial: purpose === 'join' ? { dryRun: true, force } : undefined,
        });
  examination.obstacles.unshift(...obstacles);
  examination.obstacles.push(...seen.obstacles);
  const { access, leftovers } = seen;
  return { eks, identity, examination, access, api, leftovers, objects: seen.objects };
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

type Preview = Pick<Look, 'access' | 'leftovers' | 'objects'> & { obstacles: Obstacle[] };

interface PreviewRequest {
  installer: Installer;
  api: ClusterApi;
  wanted: Wanted;
  objects: readonly KubernetesObject[];
  /** How each object is tried; not at all when it is undefined. */
  trial: { dryRun: true; force: boolean } | undefined;
}

/** Asks the API of the cluster what it would do. Whoever is not let in yet finds nothing out and gets an entry later. */
async function preview({ installer, api, wanted, objects, trial }: PreviewRequest): Promise<Preview> {
  const unknown = objects.map((object) => ({ object, becomes: undefined }));
  try {
    const obstacles = await otherHub(api, objects, wanted);
    const seen = trial ? await tryAll(api, objects, trial) : unknown;
    const leftovers = trial ? (await leftoverRights(api, objects)).map(objectTitle) : [];
    return { access: 'given', objects: seen, leftovers, obstacles };
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    if (isOutside(error) && !installer.ownAccess)
      return { access: 'temporary', objects: unknown, leftovers: [], obstacles: [] };
    return { access: 'given', objects: unknown, leftovers: [], obstacles: [refused(error)] };
  }
}

function refused(error: ZonebridgeError): Obstacle {
  const conflict = error.code === 'cluster/refused' && error.fields['status'] === 409;
  const remedy = conflict ? 'Add --force-conflicts to take these fields over.' : error.remedy;
  return { seen: error.message, remedy };
}

async function tryAll(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  trial: { dryRun: true; force: boolean },
): Promise<Look['objects']> {
  const seen: Look['objects'] = [];
  const missing = await missingNamespaces(api, objects);
  for (const object of objects) {
    // Nothing can be tried in a namespace that is not there yet.
    const untried = missing.has(object.metadata.namespace ?? '');
    seen.push({
      object,
      becomes: untried ? 'created' : await api.apply(object, trial),
    });
  }
  return seen;
}

/** The API does not know us (401) or we may not do what is needed (403). */
export function isOutside(error: unknown): boolean {
  return isZonebridgeError(error, 'cluster/refused') && [401, 403].includes(Number(error.fields['status']));
}

/** Namespaces that come with the objects and are not there. */
async function missingNamespaces(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const object of objects)
    if (object.kind === 'Namespace' && (await api.read(object)) === undefined)
      missing.add(object.metadata.name);
  return missing;
}

/** An agent that reports to somebody else is never taken over. */
async function otherHub(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  { settings }: Wanted,
): Promise<Obstacle[]> {
  const map = objects.find(({ kind }) => kind === 'ConfigMap');
  const stored = map === undefined ? undefined : await api.read(map);
  const data = (stored?.['data'] ?? {}) as Record<string, unknown>;
  const bus = data['ZONEBRIDGE_BUS'];
  if (map === undefined || bus === undefined || bus === settings.environment.ZONEBRIDGE_BUS) return [];
  return [
    {
      seen: `the agent of ${objectTitle(map)} reports to ${JSON.stringify(bus).slice(0, 200)}, not to this hub`,
      remedy: 'Run `zonebridge offboard` with the configuration of that hub first.',
    },
  ];
}

/** All obstacles as one refusal. */
export function notReady(cluster: string, obstacles: readonly Obstacle[]): ZonebridgeError {
  const all = obstacles.map(({ seen, remedy }) => `${seen}. ${remedy}`).join(' Also: ');
  return new ZonebridgeError('cluster/not-ready', `${cluster} is not ready: ${all}`);
}
