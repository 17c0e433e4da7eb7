import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, KubernetesObjectApi, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { parse } from 'yaml';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The ClusterRole that the documentation gives. */
export async function documentedRules(): Promise<Rule[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/demo.md'), 'utf8');
  const block = /```yaml\n([\s\S]*?kind: ClusterRole[\s\S]*?)```/.exec(text)?.[1];
  return (parse(block ?? '') as { rules: Rule[] }).rules;
}

/** Waits until the controllers have taken the taint of a new node away: what they do later is none of what a test looks for. */
export async function nodesAreSettled(admin: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(admin);
  const core = config.makeApiClient(CoreV1Api);
  const tainted = async (): Promise<boolean> =>
    (await core.listNode()).items.some(({ spec }) => (spec?.taints ?? []).length > 0);
  while (await tainted()) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Writes a kubeconfig of a service account that has these rights and no others, beside unrelated entries. Returns its path. */
export async function kubeconfigWith(admin: string, file: string, rules: readonly Rule[]): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(admin);
  const name = 'demo-account';
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const namespace = 'demo-accounts';
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await rbac.createClusterRole({ body: { metadata: { name }, rules: [...rules] } });
  await rbac.createClusterRoleBinding({
    body: {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  });
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace,
    name,
    body: { spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 3600 } },
  });
  const written = new KubeConfig();
  written.loadFromOptions({
    clusters: [
      { ...config.getCurrentCluster(), name: 'mine' },
      { name: 'old', server: 'http://old:8080' },
    ],
    users: [
      { name: 'me', token: status?.token },
      { name: 'eks', exec: { command: 'aws', apiVersion: 'client.authentication.k8s.io/v1beta1' } },
    ],
    contexts: [
      { name: 'old', cluster: 'old', user: 'eks' },
      { name: 'programs', cluster: 'mine', user: 'eks' },
      { name: 'mine', cluster: 'mine', user: 'me' },
    ],
    currentContext: 'old',
  });
  await writeFile(file, written.exportConfig(), { mode: 0o600 });
  return file;
}

/** Everything that people and teams have in the cluster, as it is; without what changes by itself. */
export async function everythingIn(admin: string): Promise<string[]> {
  const config = new KubeConfig();
  config.loadFromFile(admin);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const kinds = [
    ['v1', 'Namespace'],
    ['v1', 'Node'],
    ['v1', 'Pod'],
    ['v1', 'ConfigMap'],
    ['v1', 'ServiceAccount'],
    ['apps/v1', 'Deployment'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
  ] as const;
  const found: string[] = [];
  for (const [apiVersion, kind] of kinds) {
    const { items } = await objects.list(apiVersion, kind);
    for (const { metadata, ...object } of items) {
      const { labels, name, namespace, uid } = metadata ?? {};
      const spec = 'spec' in object ? object.spec : undefined;
      found.push(JSON.stringify({ kind, namespace, name, uid, labels, spec }));
    }
  }
  return found.sort();
}

/** Names of Leases outside of the API's own namespaces. */
export async function leasesIn(admin: string): Promise<string[]> {
  const config = new KubeConfig();
  config.loadFromFile(admin);
  const { items } = await KubernetesObjectApi.makeApiClient(config).list('coordination.k8s.io/v1', 'Lease');
  return items
    .filter(({ metadata }) => !metadata?.namespace?.startsWith('kube-'))
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
}
