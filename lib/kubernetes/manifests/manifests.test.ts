import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
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
const everything = { ...settings, irsaRole: 'arn:aws:iam::111122223333:role/agent', metrics: true };

describe('the manifests of an agent', () => {
  test('every file belongs to its kustomization, and every value is filled in', async () => {
    const objects = await agentObjects(folder, everything);
    const files = ['base', 'features/irsa', 'features/metrics'].flatMap((part) =>
      readdirSync(join(folder, part)),
    );
    // Two files are patches, three are kustomizations.
    expect(objects.length).toBe(files.length - 5);
    expect(JSON.stringify(objects)).not.toMatch(
      /"[^"]*\b[A-Z]+_?(ARN|NAME|ACCOUNT|REGISTRY|VERSION)\b[^_A-Z"]*"(?!:)/,
    );
    const text = JSON.stringify(objects);
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
    expect(new Set(namespaces)).toEqual(new Set(['security']));
    const binding = objects.find(({ kind }) => kind === 'ClusterRoleBinding');
    expect(binding?.['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'fw', namespace: 'security' }]);
    expect(JSON.stringify(objects)).toContain('"serviceAccountName":"fw"');
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

  test('without a feature nothing of it is there', async () => {
    const text = JSON.stringify(await agentObjects(folder, settings));
    expect(text).not.toContain('role-arn');
    expect(text).not.toContain('zonebridge-agent-metrics');
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
    assemble(async (_, file) => files[file], ['folder']);

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
