import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { GateRules } from '../../lib/core/gates/gate.ts';
import { agentObjects } from '../../lib/kubernetes/manifests/agent-manifests.ts';

const folder = join(import.meta.dirname, '../../cluster-agent/manifests');

async function create(admin: KubeConfig, paths: readonly string[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  for (const path of paths)
    for (const document of parseAllDocuments(await readFile(join(folder, `${path}.yaml`), 'utf8')))
      await api.create(document.toJS() as KubernetesObject);
}

/** Creates the agent's service account with the rights of the base manifests, and returns a kubeconfig of it for a server. */
export async function agentAccount(admin: KubeConfig, server: string): Promise<KubeConfig> {
  await create(
    admin,
    ['namespace', 'service-account', 'cluster-role', 'cluster-role-binding', 'lease-role'].map(
      (file) => `base/${file}`,
    ),
  );
  const { status } = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    namespace: 'zonebridge',
    name: 'zonebridge-agent',
    body: { spec: { audiences: ['https://kubernetes.default.svc'] } },
  });
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ ...admin.getCurrentCluster(), name: 'c', server }],
    users: [{ name: 'u', token: status?.token }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u', namespace: 'zonebridge' }],
    currentContext: 'x',
  });
  return config;
}

/** Adds the rights to read services and ingresses. */
export async function addServiceRights(admin: KubeConfig): Promise<void> {
  await create(admin, ['features/services/rbac']);
}

/** Adds the rights to open gates in these namespaces, as onboarding gives them. */
export async function addGateRights(admin: KubeConfig, gates: GateRules): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  const environment = { AWS_REGION: '', ZONEBRIDGE_BUS: '', ZONEBRIDGE_QUEUE: '', ZONEBRIDGE_SOURCE: '' };
  const settings = { namespace: 'zonebridge', serviceAccount: 'zonebridge-agent', image: 'i', environment };
  for (const object of await agentObjects(folder, { ...settings, gates }))
    if (object.metadata.name === 'zonebridge-agent-gates') await api.create(object);
}

/** Adds the rights to read the cluster's network. */
export async function addNetworkRights(admin: KubeConfig): Promise<void> {
  await addRights(admin, ['network-report/rbac']);
}

/** Adds what files of the features hold, such as `group-status/rbac`. */
export async function addRights(admin: KubeConfig, files: readonly string[]): Promise<void> {
  await create(
    admin,
    files.map((file) => `features/${file}`),
  );
}
