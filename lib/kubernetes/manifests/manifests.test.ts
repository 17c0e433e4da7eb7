import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
import { producerNames } from '../../core/way-back/producers.ts';
import { objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import { agentObjects } from './agent-manifests.ts';
import { assemble } from './kustomization.ts';

const folder = join(import.meta.dirname, '../../../cluster-agent/manifests');
const settings: AgentSettings = {
  namespace: 'zonebridge',
  serviceAccount: 'zonebridge-agent',
  image: 'registry.example/zonebridge-agent:1',
  environment: {
    AWS_REGION: 'eu-central-1',
    ZONEBRIDGE_BUS: 'arn:aws:events:eu-central-1:111122223333:event-bus/zonebridge-prod',
    ZONEBRIDGE_QUEUE: 'zonebridge-prod-agent-shop',
    ZONEBRIDGE_SOURCE: 'zonebridge.cluster.111122223333.eu-central-1.shop',
  },
};
const settingsOfGates = { shop: { timeoutSeconds: 60, whenLate: 'open' as const } };
const everything = {
  ...settings,
  irsaRole: 'arn:aws:iam::111122223333:role/agent',
  metrics: true,
  networkReport: true,
  services: 'all' as const,
  gates: settingsOfGates,
  wayBack: { writes: producerNames, bucket: 'desired-bucket', prefix: 'shop-key', publicKeys: ['cHVibGlj'] },
};

describe('the manifests of an agent', () => {
  test('every file belongs to its kustomization, every feature to the agent, and every value is filled in', async () => {
    const features = readdirSync(join(folder, 'features')).map((feature) => `features/${feature}`);
    const text = JSON.stringify(await agentObjects(folder, everything));
    for (const part of ['base', ...features]) {
      const yaml = (file: string) => readFileSync(join(folder, part, file), 'utf8');
      const { resources = [], patches = [] } = parse(yaml('kustomization.yaml')) as {
        resources?: string[];
        patches?: { path: string }[];
      };
      const listed = [...resources, ...patches.map(({ path }) => path), 'kustomization.yaml'];
      expect(readdirSync(join(folder, part)).sort()).toEqual(listed.sort());
      for (const document of resources.flatMap((file) => parseAllDocuments(yaml(file)))) {
        const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } };
        expect(text).toMatch(new RegExp(`"kind":"${kind}","metadata":\\{"name":"${metadata.name}"`));
      }
    }
    expect(text).not.toMatch(
      /[":/.](BUS_ARN|QUEUE_NAME|REGION|ACCOUNT|NAME|REGISTRY|VERSION|ROLE_ARN|FEATURES|BUCKET|CLUSTER_KEY|PUBLIC_KEY)["./]/,
    );
    for (const value of [everything.image, everything.irsaRole, ...Object.values(settings.environment)])
      expect(text).toContain(value);
  });

  test('follow the namespace and the service account of the configuration everywhere', async () => {
    const objects = await agentObjects(folder, {
      ...everything,
      namespace: 'security',
      serviceAccount: 'fw',
    });
    expect(objects.map(objectTitle)).toContain('Namespace security');
    expect(objects.map(objectTitle)).toContain('ServiceAccount security/fw');
    const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(namespaces)).toEqual(new Set(['security', 'kube-system', 'zonebridge-status', 'shop']));
    expect(objects.map(objectTitle)).toContain('Namespace zonebridge-status');
    expect(JSON.stringify(objects)).toContain('"ZONEBRIDGE_NAMESPACE":"security"');
    const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
    expect(bindings.length).toBe(9);
    for (const binding of bindings)
      expect(binding['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'fw', namespace: 'security' }]);
    expect(JSON.stringify(objects)).toContain('"serviceAccountName":"fw"');
  });

  test('the right to open gates is given in each of their namespaces, and nowhere else', async () => {
    const rule = settingsOfGates.shop;
    const objects = await agentObjects(folder, {
      ...settings,
      gates: { ...settingsOfGates, 'shop-2': rule },
    });
    const bindings = objects.filter(({ metadata }) => metadata.name === 'zonebridge-agent-gates');
    expect(bindings.map(objectTitle)).toEqual([
      'ClusterRole zonebridge-agent-gates',
      'RoleBinding shop/zonebridge-agent-gates',
      'RoleBinding shop-2/zonebridge-agent-gates',
    ]);
    expect(JSON.stringify(objects)).not.toContain('gated-namespace');
  });

  test('a changed setting changes the pods, too', async () => {
    const mark = async (queue: string) => {
      const environment = { ...settings.environment, ZONEBRIDGE_QUEUE: queue };
      const objects = await agentObjects(folder, { ...settings, environment });
      return /"zonebridge.dev\/settings":"([0-9a-f]{16})"/.exec(JSON.stringify(objects))?.[1];
    };
    expect(await mark('a')).toBe(await mark('a'));
    expect(await mark('a')).not.toBe(await mark('b'));
  });

  test('services are read by a right of their own, and the agent is told which', async () => {
    const text = JSON.stringify(await agentObjects(folder, { ...settings, services: 'on' }));
    expect(text).toContain('"resources":["services"],"verbs":["list","watch"]');
    expect(text).toContain('"ZONEBRIDGE_SERVICES":"on"');
    expect(JSON.stringify(await agentObjects(folder, everything))).toContain('"ZONEBRIDGE_SERVICES":"all"');
  });

  test('the agent writes nowhere on its disk, may always be moved, and reaches only what it needs', async () => {
    const objects = await agentObjects(folder, settings);
    const specOf = (kind: string) => objects.find((object) => object.kind === kind)?.['spec'];
    const own = { matchLabels: { 'app.kubernetes.io/name': 'zonebridge-agent' } };
    expect(specOf('Deployment')).toMatchObject({
      replicas: 2,
      selector: own,
      template: {
        metadata: { labels: own.matchLabels },
        spec: {
          securityContext: { runAsNonRoot: true },
          containers: [
            {
              securityContext: {
                readOnlyRootFilesystem: true,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
            },
          ],
        },
      },
    });
    const { template } = specOf('Deployment') as { template: { spec: Record<string, unknown> } };
    expect(template.spec['volumes']).toBeUndefined();
    expect(specOf('PodDisruptionBudget')).toEqual({ maxUnavailable: 1, selector: own });
    // No way in; out to the credentials of the node, DNS, and TLS.
    expect(specOf('NetworkPolicy')).toEqual({
      podSelector: own,
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '169.254.170.23/32' } }, { ipBlock: { cidr: 'fd00:ec2::23/128' } }],
          ports: [{ protocol: 'TCP', port: 80 }],
        },
        { ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })) },
        { ports: [{ protocol: 'TCP', port: 443 }] },
      ],
    });
  });

  test('without a feature nothing of it is there', async () => {
    const text = JSON.stringify(await agentObjects(folder, settings));
    expect(text).not.toContain('role-arn');
    expect(text).not.toContain('zonebridge-agent-metrics');
    expect(text).not.toContain('kube-system');
    expect(text).not.toContain('ingresses');
    expect(text).not.toContain('ZONEBRIDGE_SERVICES');
    expect(text).not.toContain('zonebridge-status');
    // Nothing is written but the Lease that chooses the leader.
    const rules = (await agentObjects(folder, settings)).flatMap(
      (object) => (object['rules'] ?? []) as { resources: string[]; verbs: string[] }[],
    );
    expect(rules.length).toBeGreaterThan(0);
    for (const { resources, verbs } of rules)
      if (resources.join() !== 'leases')
        expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
    expect(text).toContain('"ZONEBRIDGE_NETWORK_REPORT":"off"');
  });
});

describe('what kustomize would do otherwise is refused', () => {
  const thing = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'thing', namespace: 'zonebridge' } };
  const kustomization = {
    apiVersion: 'k',
    kind: 'Kustomization',
    resources: ['thing.yaml'],
    patches: [{ path: 'patch.yaml' }],
  };
  const assembled = async (files: Record<string, unknown>) =>
    assemble(async (_, file) => [files[file]].filter((one) => one !== undefined), ['folder']);

  test('maps are merged', async () => {
    const patch = { ...thing, data: { b: '2' } };
    const files = {
      'kustomization.yaml': kustomization,
      'thing.yaml': { ...thing, data: { a: '1' } },
      'patch.yaml': patch,
    };
    expect(await assembled(files)).toEqual([{ ...thing, data: { a: '1', b: '2' } }]);
  });

  test.each([
    [
      'a field of kustomize that is not known',
      { 'kustomization.yaml': { ...kustomization, namePrefix: 'x-' } },
      /namePrefix/,
    ],
    ['a list in a patch', { 'patch.yaml': { ...thing, items: [] } }, /neither lists nor null/],
    ['a deletion in a patch', { 'patch.yaml': { ...thing, data: null } }, /neither lists nor null/],
    [
      'a patch of nothing',
      { 'patch.yaml': { ...thing, kind: 'Secret' } },
      /no Secret zonebridge\/thing to patch/,
    ],
    ['a missing file', { 'thing.yaml': undefined }, /folder\/thing.yaml/],
  ])('%s', async (_, files, message) => {
    const all = { 'kustomization.yaml': kustomization, 'thing.yaml': thing, 'patch.yaml': thing, ...files };
    await expect(assembled(all)).rejects.toThrow(message);
  });
});
