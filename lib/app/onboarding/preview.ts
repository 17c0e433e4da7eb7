import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { Obstacle } from '../../core/onboarding/examine.ts';
import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import type { Applied, ClusterApi } from '../../core/onboarding/ports.ts';
import { leftoverRights } from './leftovers.ts';
import type { Wanted } from './wanted.ts';

/** What the API of a cluster says before anything is written. */
export interface Preview {
  obstacles: Obstacle[];
  /** What would become of each object; undefined where it was not tried. */
  objects: { object: KubernetesObject; becomes: Applied | undefined }[];
  /** Titles of rights that would be removed. */
  leftovers: string[];
}

export interface PreviewRequest {
  api: ClusterApi;
  wanted: Wanted;
  objects: readonly KubernetesObject[];
  /** How each object is tried; not at all when it is undefined. */
  trial: { dryRun: true; force: boolean } | undefined;
}

/**
 * Asks whose agent is there, then what would become of each object. Changes nothing. Whoever changes something asks it again inside of the
 * cluster: before we are let in nobody knows, and it may have changed since.
 * Throws `cluster/refused` for whoever is not let in (`isOutside`), and `cluster/unreachable`.
 */
export async function preview({ api, wanted, objects, trial }: PreviewRequest): Promise<Preview> {
  const untried: Preview = { obstacles: await otherHub(api, objects, wanted), ...nothingTried(objects) };
  if (trial === undefined || untried.obstacles.length > 0) return untried;
  try {
    const tried = await tryAll(api, objects, trial);
    const leftovers = (await leftoverRights(api, objects)).map(objectTitle);
    return { obstacles: [], objects: tried, leftovers };
  } catch (error) {
    if (!isZonebridgeError(error, 'cluster/refused') || isOutside(error)) throw error;
    return { ...untried, obstacles: [obstacleOf(error)] };
  }
}

/** The preview of whoever could ask nothing. */
export function nothingTried(objects: readonly KubernetesObject[]): Omit<Preview, 'obstacles'> {
  return { objects: objects.map((object) => ({ object, becomes: undefined })), leftovers: [] };
}

/** The API does not know us (401) or we may not do what is needed (403). */
export function isOutside(error: unknown): boolean {
  return isZonebridgeError(error, 'cluster/refused') && [401, 403].includes(Number(error.fields['status']));
}

export function obstacleOf(error: ZonebridgeError): Obstacle {
  const conflict = error.code === 'cluster/refused' && error.fields['status'] === 409;
  const remedy = conflict ? 'Add --force-conflicts to take these fields over.' : error.remedy;
  return { seen: error.message, remedy };
}

/** All obstacles as one refusal. */
export function notReady(cluster: string, obstacles: readonly Obstacle[]): ZonebridgeError {
  const all = obstacles.map(({ seen, remedy }) => `${seen}. ${remedy}`).join(' Also: ');
  return new ZonebridgeError('cluster/not-ready', `${cluster} is not ready: ${all}`);
}

async function tryAll(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  trial: { dryRun: true; force: boolean },
): Promise<Preview['objects']> {
  const seen: Preview['objects'] = [];
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

/**
 * An agent that reports to somebody else is neither taken over nor removed. Nor is one in another namespace robbed of its rights: a cluster
 * has one agent, because the rights of all of them have the same names, and so do the objects that they make.
 */
async function otherHub(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  { settings }: Wanted,
): Promise<Obstacle[]> {
  const own = objects.find((object) => busOf(object) !== undefined);
  if (own === undefined) return [];
  const elsewhere = await settingsElsewhere(api, objects, own);
  const obstacles: Obstacle[] = [];
  for (const map of [own, ...(elsewhere === undefined ? [] : [elsewhere])]) {
    const bus = busOf(await api.read(map));
    const isOurs = map === own && bus === settings.environment.ZONEBRIDGE_BUS;
    if (bus === undefined || isOurs) continue;
    const other = map === own ? 'not to this hub' : 'and a cluster has one agent';
    obstacles.push({
      seen: `the agent of ${objectTitle(map)} reports to ${JSON.stringify(bus).slice(0, 200)}, ${other}`,
      remedy: 'Run `zonebridge offboard` with the configuration that installed it first.',
    });
  }
  return obstacles;
}

/** Where the agent has its settings that has the rights of the cluster, when that is another namespace. */
async function settingsElsewhere(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  own: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  const binding = objects.find(({ kind }) => kind === 'ClusterRoleBinding');
  const live = binding && (await api.read(binding));
  const subjects = Array.isArray(live?.['subjects']) ? (live['subjects'] as unknown[]) : [];
  for (const subject of subjects) {
    const { namespace } = (subject ?? {}) as { namespace?: unknown };
    if (typeof namespace === 'string' && namespace !== own.metadata.namespace)
      return { ...own, metadata: { ...own.metadata, namespace } };
  }
  return undefined;
}

/** The bus that the settings of an agent name. */
function busOf(object: KubernetesObject | undefined): unknown {
  const data = (object?.kind === 'ConfigMap' && object['data']) as
    | Record<string, unknown>
    | undefined
    | false;
  return data ? data['ZONEBRIDGE_BUS'] : undefined;
}
