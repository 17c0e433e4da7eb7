import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AuthorizationV1Api, CoreV1Api, KubeConfig, type V1PodSpec } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import { producerNames } from '../../lib/core/way-back/producers.ts';
import { HttpsClusterApi } from '../../lib/kubernetes/administration/cluster-api.ts';
import { kubeconfigEntrance } from '../../lib/kubernetes/administration/kubeconfig.ts';
import { agentObjects } from '../../lib/kubernetes/manifests/agent-manifests.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const folder = join(import.meta.dirname, '../../cluster-agent/manifests');
const settings = {
  namespace: 'zonebridge',
  serviceAccount: 'zonebridge-agent',
  image: 'registry.example/zonebridge-agent:1',
  environment: {
    AWS_REGION: 'eu-central-1',
    ZONEBRIDGE_BUS: 'zonebridge-prod',
    ZONEBRIDGE_QUEUE: 'zonebridge-prod-agent-shop',
    ZONEBRIDGE_SOURCE: 'zonebridge.cluster.111122223333.eu-central-1.shop',
  },
};

let api: ApiUnderTest;
let config: KubeConfig;
let cluster: HttpsClusterApi;

await kubernetesOrSkip('the manifests at a real Kubernetes API', () => {
  beforeAll(async () => {
    api = await startRealApi();
    config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    cluster = new HttpsClusterApi(kubeconfigEntrance(api.kubeconfig));
    await config.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: 'dry' } } });
    await config
      .makeApiClient(CoreV1Api)
      .createNamespace({ body: { metadata: { name: 'zonebridge-status' } } });
  });

  afterAll(async () => api?.stop());

  test('every object of the base and of every feature passes a dry run, and is not stored by it', async () => {
    const features = await readdir(join(folder, 'features'));
    expect(features.sort()).toEqual([
      'address-groups',
      'gates',
      'group-status',
      'irsa',
      'metrics',
      'network-report',
      'services',
      'way-back',
    ]);
    const all = await agentObjects(folder, {
      ...settings,
      namespace: 'dry',
      irsaRole: 'arn:aws:iam::111122223333:role/a',
      metrics: true,
      networkReport: true,
      services: 'all',
      // A namespace that is there.
      gates: { default: { timeoutSeconds: 120, whenLate: 'open' } },
      wayBack: { writes: producerNames, bucket: 'bucket', prefix: 'shop', publicKeys: ['cHVibGlj'] },
    });
    for (const object of all) {
      const before = object.kind === 'Namespace' ? 'changed' : 'created';
      expect([objectTitle(object), await cluster.apply(object, { dryRun: true })]).toEqual([
        objectTitle(object),
        before,
      ]);
      if (object.kind !== 'Namespace') expect(await cluster.read(object)).toBeUndefined();
    }
  });

  test('a field that the API does not know is refused', async () => {
    const [namespace] = await agentObjects(folder, settings);
    const wrong = { ...namespace, specs: {} } as KubernetesObject;
    await expect(cluster.apply(wrong, { dryRun: true })).rejects.toMatchObject({ code: 'cluster/refused' });
  });

  test('applied again nothing changes; another image changes the Deployment alone', async () => {
    const objects = await agentObjects(folder, settings);
    const apply = async (list: readonly KubernetesObject[]) => {
      const results: string[] = [];
      for (const object of list) results.push(await cluster.apply(object));
      return results;
    };
    expect(new Set(await apply(objects))).toEqual(new Set(['created']));
    expect(new Set(await apply(objects))).toEqual(new Set(['unchanged']));
    const newer = await agentObjects(folder, { ...settings, image: 'registry.example/zonebridge-agent:2' });
    const results = await apply(newer);
    expect(newer.filter((_, index) => results[index] !== 'unchanged').map(objectTitle)).toEqual([
      'Deployment zonebridge/zonebridge-agent',
    ]);
  });

  test('the pod keeps to the strictest level that its namespace enforces', async () => {
    const objects = await agentObjects(folder, settings);
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const { template } = deployment!['spec'] as { template: { spec: object } };
    const core = config.makeApiClient(CoreV1Api);
    const create = async (spec: object) =>
      core.createNamespacedPod({
        namespace: 'zonebridge',
        dryRun: 'All',
        body: { metadata: { name: 'agent' }, spec: spec as V1PodSpec },
      });
    await expect(create(template.spec)).resolves.toBeDefined();
    // The same pod with one right more shows that somebody looks.
    await expect(create({ ...template.spec, hostNetwork: true })).rejects.toThrow(/violates PodSecurity/);
  });

  test('the service account may list and watch three kinds, write its Lease, and nothing else', async () => {
    const authorization = config.makeApiClient(AuthorizationV1Api);
    const may = async (
      verb: string,
      resource: string,
      more: { group?: string; namespace?: string; name?: string } = {},
    ) => {
      const user = 'system:serviceaccount:zonebridge:zonebridge-agent';
      const body = {
        spec: { user, groups: ['system:serviceaccounts'], resourceAttributes: { verb, resource, ...more } },
      };
      const { status } = await authorization.createSubjectAccessReview({ body });
      return status?.allowed;
    };
    for (const resource of ['pods', 'nodes', 'namespaces']) {
      for (const verb of ['list', 'watch'])
        expect([resource, verb, await may(verb, resource)]).toEqual([resource, verb, true]);
      for (const verb of ['create', 'delete', 'patch', 'update'])
        expect([resource, verb, await may(verb, resource)]).toEqual([resource, verb, false]);
    }
    for (const resource of ['secrets', 'configmaps', 'serviceaccounts', 'pods/exec'])
      expect([resource, await may('list', resource)]).toEqual([resource, false]);
    const lease = { group: 'coordination.k8s.io', namespace: 'zonebridge', name: 'zonebridge-agent' };
    for (const verb of ['get', 'create', 'update'])
      expect([verb, await may(verb, 'leases', lease)]).toEqual([verb, true]);
    for (const verb of ['delete', 'patch', 'list', 'watch'])
      expect([verb, await may(verb, 'leases', lease)]).toEqual([verb, false]);
    for (const other of [{ name: 'kube-scheduler' }, { namespace: 'kube-system' }, { name: '' }])
      expect(await may('update', 'leases', { ...lease, ...other })).toBe(false);
  });

  test('removes only the object that was looked at', async () => {
    const objects = await agentObjects(folder, settings);
    const settingsMap = objects.find(({ kind }) => kind === 'ConfigMap')!;
    const other = '00000000-0000-0000-0000-000000000000';
    await expect(cluster.remove(settingsMap, other)).rejects.toMatchObject({ fields: { status: 409 } });
    const uid = String((await cluster.read(settingsMap))?.metadata['uid']);
    expect(await cluster.remove(settingsMap, uid)).toBe(true);
    expect(await cluster.remove(settingsMap, uid)).toBe(false);
  });
});
