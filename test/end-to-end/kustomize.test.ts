import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { writeManifests } from '../../lib/app/onboarding/write-manifests.ts';
import { temporaryFolder } from '../../lib/cli/test-io.ts';
import type { AgentSettings } from '../../lib/core/onboarding/agent-settings.ts';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import { producerNames } from '../../lib/core/way-back/producers.ts';
import { agentObjects } from '../../lib/kubernetes/manifests/agent-manifests.ts';
import { assemble } from '../../lib/kubernetes/manifests/kustomization.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { createNamespace } from '../support/cluster.ts';
import { kubectl, rendered } from '../support/kubectl.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const manifests = join(import.meta.dirname, '../../cluster-agent/manifests');
const features = await readdir(join(manifests, 'features'));

const plain: AgentSettings = {
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

const gate = { timeoutSeconds: 120, whenLate: 'open' as const };
const full: AgentSettings = {
  ...plain,
  irsaRole: 'arn:aws:iam::111122223333:role/agent',
  metrics: true,
  networkReport: true,
  services: 'all',
  gates: { checkout: gate, basket: gate },
  wayBack: { writes: producerNames, bucket: 'bucket', prefix: 'shop', publicKeys: ['cHVibGlj'] },
};

/** Names that are allowed, and that are no text in YAML 1.1, which kubectl reads. */
const oddWords: AgentSettings = {
  ...full,
  namespace: 'no',
  serviceAccount: 'on',
  services: 'on',
  gates: { '0b11': gate, '2026-01-01': gate, null: gate },
  wayBack: { writes: producerNames, bucket: 'bucket', prefix: 'off', publicKeys: ['cHVibGlj'] },
};

const settings: [string, AgentSettings][] = [
  ['nothing more', plain],
  ['everything', full],
  ['names that are no text elsewhere', oddWords],
];

const byTitle = (objects: readonly KubernetesObject[]): Record<string, KubernetesObject> =>
  Object.fromEntries(objects.map((object) => [objectTitle(object), object]));

/** A kustomization as somebody would write it, over the base with some features. */
async function overlay(...parts: string[]): Promise<string> {
  const folder = await temporaryFolder();
  const to = (part: string): string => relative(folder, join(manifests, part));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [to('base')],
    components: parts.map((part) => to(`features/${part}`)),
  };
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
  return folder;
}

const read = async (folder: string, file: string): Promise<unknown[]> =>
  parseAllDocuments(await readFile(join(manifests, folder, file), 'utf8')).map(
    (one) => one.toJS() as unknown,
  );

let api: ApiUnderTest;

await kubernetesOrSkip('the real kustomize', () => {
  beforeAll(async () => {
    api = await startRealApi();
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    const core = config.makeApiClient(CoreV1Api);
    // A dry run makes no namespaces for the objects in them.
    for (const name of [
      'zonebridge',
      'zonebridge-status',
      'checkout',
      'basket',
      'no',
      '0b11',
      '2026-01-01',
      'null',
    ])
      await createNamespace(core, name);
    await createNamespace(core, 'gated-namespace');
  });

  afterAll(async () => api?.stop());

  const dryRun = (folder: string) =>
    kubectl(`--kubeconfig=${api.kubeconfig}`, 'apply', '--server-side', '--dry-run=server', '-k', folder);

  describe('makes of the base what we make of it', () => {
    test.each([[], ...features.map((feature) => [feature]), features].map((parts) => [parts.join(), parts]))(
      'with the features "%s"',
      async (_, parts) => {
        const folder = await overlay(...parts);
        const ours = await assemble(read, ['base', ...parts.map((part) => `features/${part}`)]);
        expect(byTitle(await rendered(folder))).toEqual(byTitle(ours));
        expect((await dryRun(folder)).trim().split('\n')).toHaveLength(ours.length);
      },
    );
  });

  describe('makes of what is written what is applied', () => {
    test.each(settings)('%s', async (_, more) => {
      const folder = join(await temporaryFolder(), 'out');
      const objects = await agentObjects(manifests, more);
      await writeManifests(folder, objects);
      expect(byTitle(await rendered(folder))).toEqual(byTitle(objects));
      expect((await dryRun(folder)).trim().split('\n')).toHaveLength(objects.length);
    });

    test('and a field that the API does not know is refused', async () => {
      const folder = await temporaryFolder();
      const [namespace] = await agentObjects(manifests, plain);
      if (!namespace) throw new Error('no object');
      await writeManifests(folder, [{ ...namespace, specs: {} }]);
      await expect(dryRun(folder)).rejects.toThrow(/specs/);
    });
  });
});
