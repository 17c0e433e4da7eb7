import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';
import { assemble } from './kustomization.ts';
import { mergePatch } from './merge-patch.ts';

/** Names in the manifests that the configuration may change. */
const base = { namespace: 'zonebridge', serviceAccount: 'zonebridge-agent' };
const gatedNamespace = 'gated-namespace';
const settingsName = 'zonebridge-agent';

/** The folder of the manifests: beside the bundle of a function, and in a room of their own in the sources. */
export function shippedManifests(): string {
  const bundled = join(import.meta.dirname, 'manifests');
  return existsSync(join(bundled, 'base'))
    ? bundled
    : join(import.meta.dirname, '..', '..', '..', 'cluster-agent', 'manifests');
}

/**
 * The objects of one cluster's agent in the order in which they are applied: the Deployment last, when its rights are there. `folder` holds `base` and `features`.
 * Throws `configuration/invalid` for manifests that hold what is not known here.
 */
export async function agentObjects(folder: string, settings: AgentSettings): Promise<KubernetesObject[]> {
  const features = [
    ...(settings.irsaRole === undefined ? [] : ['irsa']),
    ...(settings.metrics ? ['metrics'] : []),
    ...(settings.networkReport ? ['network-report'] : []),
    ...(settings.services === undefined ? [] : ['services']),
    ...(settings.gates === undefined ? [] : ['gates']),
    ...(settings.wayBack === undefined ? [] : ['way-back', ...settings.wayBack.writes]),
  ];
  const read = async (path: string, file: string): Promise<unknown[]> =>
    parseAllDocuments(await readFile(join(folder, path, file), 'utf8')).map((one) => one.toJS() as unknown);
  const objects = await assemble(read, ['base', ...features.map((feature) => `features/${feature}`)]);
  const filled = objects
    .flatMap((object) => inGatedNamespaces(object, settings))
    .map((object) => placed(withValues(object, settings), settings));
  const [deployment, rest] = [filled.filter(isDeployment), filled.filter((one) => !isDeployment(one))];
  return [...rest, ...deployment];
}

/** What stands in the manifests once is needed in each namespace whose gates the agent opens. */
function inGatedNamespaces(object: KubernetesObject, { gates = {} }: AgentSettings): KubernetesObject[] {
  if (object.metadata.namespace !== gatedNamespace) return [object];
  return Object.keys(gates).map((namespace) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

const isDeployment = ({ kind }: KubernetesObject): boolean => kind === 'Deployment';

/** Puts the values of the cluster where the manifests have words in capitals. */
function withValues(object: KubernetesObject, settings: AgentSettings): KubernetesObject {
  const patch = (part: object) => mergePatch(object, part, object.kind) as KubernetesObject;
  switch (object.kind) {
    case 'ConfigMap':
      return object.metadata.name === settingsName ? patch({ data: environmentOf(settings) }) : object;
    case 'ServiceAccount':
      return settings.irsaRole === undefined
        ? object
        : patch({ metadata: { annotations: { 'eks.amazonaws.com/role-arn': settings.irsaRole } } });
    case 'Deployment': {
      // Pods do not notice a changed ConfigMap by themselves.
      const annotations = { 'zonebridge.dev/settings': hash(environmentOf(settings)) };
      return withImage(patch({ spec: { template: { metadata: { annotations } } } }), settings.image);
    }
    default:
      return object;
  }
}

/** An agent that may not read the network does not try. */
function environmentOf(settings: AgentSettings): Record<string, string> {
  const { environment, gates, networkReport, namespace, services, wayBack } = settings;
  return {
    ...environment,
    ...(networkReport ? {} : { ZONEBRIDGE_NETWORK_REPORT: 'off' }),
    ...(services === undefined ? {} : { ZONEBRIDGE_SERVICES: services }),
    ...(gates === undefined ? {} : { ZONEBRIDGE_GATES: JSON.stringify(gates) }),
    ...(wayBack === undefined
      ? {}
      : {
          ZONEBRIDGE_NAMESPACE: namespace,
          ZONEBRIDGE_WRITES: wayBack.writes.join(','),
          ZONEBRIDGE_DESIRED_BUCKET: wayBack.bucket,
          ZONEBRIDGE_DESIRED_PREFIX: wayBack.prefix,
          ZONEBRIDGE_DESIRED_KEYS: wayBack.publicKeys.join(','),
        }),
  };
}

function hash(environment: Record<string, string>): string {
  const sorted = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

function withImage(deployment: KubernetesObject, image: string): KubernetesObject {
  return rewritten(deployment, (key, value) => (key === 'image' ? image : value));
}

/** Moves everything into the namespace and to the service account of the configuration. */
function placed(object: KubernetesObject, { namespace, serviceAccount }: AgentSettings): KubernetesObject {
  const copy = rewritten(object, (key, value) => {
    if (key === 'namespace' && value === base.namespace) return namespace;
    if (key === 'serviceAccountName' && value === base.serviceAccount) return serviceAccount;
    return value;
  });
  if (copy.kind === 'Namespace' && copy.metadata.name === base.namespace) copy.metadata.name = namespace;
  if (copy.kind === 'ServiceAccount') copy.metadata.name = serviceAccount;
  if (copy.kind === 'ClusterRoleBinding' || copy.kind === 'RoleBinding')
    copy['subjects'] = [{ kind: 'ServiceAccount', name: serviceAccount, namespace }];
  return copy;
}

/** A copy in which single values were replaced by the name of their field. */
function rewritten(
  object: KubernetesObject,
  replace: (key: string, value: unknown) => unknown,
): KubernetesObject {
  return JSON.parse(JSON.stringify(object), replace) as KubernetesObject;
}
