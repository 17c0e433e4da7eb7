import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  kubernetesDocuments,
  kubernetesObjects,
  kubernetesSource,
} from '../../cluster-agent/kubernetes-api.ts';
import { Agent } from '../../cluster-agent/lib/agent.ts';
import { systemClock, systemRandom } from '../../cluster-agent/system.ts';
import { follow } from '../../cluster-agent/lib/way-back/follow.ts';
import { requestsVersion } from '../../lib/core/delegation/request.ts';
import { requestsDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import { HttpsClusterApi } from '../../lib/kubernetes/administration/cluster-api.ts';
import { kubeconfigEntrance } from '../../lib/kubernetes/administration/kubeconfig.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { MemoryInbox, RecordingBus } from '../support/agent-world.ts';
import { addRights, agentAccount } from '../support/agent-rights.ts';
import { createNamespace, createPod } from '../support/cluster.ts';
import { entranceOf } from '../support/entrance.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { LocalSigner, PublishedState } from '../support/memory-cluster.ts';
import { RecordingTelemetry } from '../support/ports.ts';

const cluster = '111122223333|eu-central-1|shop';
const place = { group: 'zonebridge.dev', version: 'v1alpha1', namespace: 'shop', plural: 'addressgroups' };
const patience = { timeout: 30_000, interval: 100 };
const spec = {
  selector: { matchLabels: { app: 'web' } },
  usedIn: 'allow',
  firewalls: ['edge'],
  maxMembers: 5,
};

let api: ApiUnderTest;
let admin: KubeConfig;
let custom: CustomObjectsApi;
let core: CoreV1Api;
let agentConfig: KubeConfig;

const create = async (name: string, value: object) =>
  (await custom.createNamespacedCustomObject({
    ...place,
    body: { apiVersion: 'zonebridge.dev/v1alpha1', kind: 'AddressGroup', metadata: { name }, spec: value },
  })) as { metadata: { uid: string; generation: number } };

/** Whoever has that name, without any group of the platform. */
function impersonating(user: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: admin.clusters,
    contexts: admin.contexts,
    currentContext: admin.getCurrentContext(),
    users: admin.users.map((own) => ({ ...own, impersonateUser: user })),
  });
  return config;
}

/** As kubectl asks: for what shall be shown instead of the objects. */
async function askWith(config: KubeConfig, { path, accept }: { path: string; accept: string }) {
  const options: RequestOptions = { headers: { accept } };
  await config.applyToHTTPSOptions(options);
  const asked = request(new URL(path, config.getCurrentCluster()?.server), options).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, result: await json(answer) };
}

await kubernetesOrSkip('AddressGroup resources on a real Kubernetes API', () => {
  beforeAll(async () => {
    api = await startRealApi();
    admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    custom = admin.makeApiClient(CustomObjectsApi);
    core = admin.makeApiClient(CoreV1Api);
    agentConfig = await agentAccount(admin, api.url);
    await addRights(admin, ['way-back/claim', 'way-back/rbac', 'address-groups/rbac']);
    // By the way of `onboard`: the client library leaves out fields of definitions that it has other names for.
    const features = join(import.meta.dirname, '../../cluster-agent/manifests/features');
    const [definition] = parseAllDocuments(
      await readFile(join(features, 'address-groups/definition.yaml'), 'utf8'),
    );
    const onboarding = new HttpsClusterApi(kubeconfigEntrance(api.kubeconfig));
    await onboarding.apply(definition?.toJS() as Parameters<HttpsClusterApi['apply']>[0]);
    await createNamespace(core, 'shop', { team: 'shop' });
    await vi.waitUntil(
      async () =>
        create('first', spec).then(
          () => true,
          () => false,
        ),
      patience,
    );
  });

  afterAll(async () => api?.stop());

  test.each<[string, object, RegExp]>([
    ['a use that is none', { ...spec, usedIn: 'maybe' }, /Unsupported value/],
    ['no firewall', { ...spec, firewalls: [] }, /should have at least 1 items/],
    ['a firewall twice', { ...spec, firewalls: ['edge', 'edge'] }, /Duplicate value/],
    ['no size', { ...spec, maxMembers: 0 }, /greater than or equal to 1/],
    [
      'values for Exists',
      { ...spec, selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      /take none/,
    ],
    [
      'In without values',
      { ...spec, selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      /need values/,
    ],
  ])('the API itself refuses %s', async (_, wrong, message) => {
    await expect(create('wrong', wrong)).rejects.toThrow(message);
  });

  test('the use of a group stays what rules were made for', async () => {
    const { metadata } = await create('use', spec);
    const body = {
      apiVersion: 'zonebridge.dev/v1alpha1',
      kind: 'AddressGroup',
      metadata: { ...metadata, name: 'use' },
      spec: { ...spec, usedIn: 'deny' },
    };
    await expect(custom.replaceNamespacedCustomObject({ ...place, name: 'use', body })).rejects.toThrow(
      /cannot be changed/,
    );
    await custom.deleteNamespacedCustomObject({ ...place, name: 'use' });
  });

  test('the agent tells what exists, with the labels of its namespace, and that it is gone', async () => {
    const bus = new RecordingBus();
    const inbox = new MemoryInbox();
    bus.onAccepted = ({ detail, detailType }) => {
      if (detailType !== 'hello') return;
      const { process } = JSON.parse(detail) as { process: string };
      inbox.deliver({ type: 'epoch', schema: schemaVersion, process, epoch: 1, groups: requestsVersion });
    };
    let ahead = 0;
    const agent = new Agent({
      objects: kubernetesSource(entranceOf(agentConfig), systemRandom),
      documents: undefined,
      groups: kubernetesDocuments(entranceOf(agentConfig)),
      bus,
      inbox,
      // Its rhythm of 20 s goes by at once.
      clock: {
        now: () => systemClock.now() + ahead,
        sleep: async (ms) => systemClock.sleep(Math.min(ms, 300)),
      },
      random: systemRandom,
      telemetry: new RecordingTelemetry(),
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: 'test',
    });
    const ended = agent.run();
    const told = () => bus.details('address-groups').map((detail) => requestsDetail.parse(detail));
    try {
      const first = await vi.waitUntil(() => told().at(-1), patience);
      expect(first.requests).toMatchObject([
        { name: 'first', namespace: 'shop', generation: 1, namespaceLabels: { team: 'shop' }, spec },
      ]);
      await create('second', spec);
      await vi.waitUntil(() => told().at(-1)?.requests.length === 2, patience);
      await custom.deleteNamespacedCustomObject({ ...place, name: 'second' });
      await vi.waitUntil(() => told().at(-1)?.requests.length === 1, patience);
      ahead = 1;
    } finally {
      agent.stop();
      await ended;
    }
  });

  test('the status is written, on the object that was meant alone, and nothing else of it', async () => {
    const { metadata } = await create('told', spec);
    const signer = new LocalSigner();
    const source = new PublishedState();
    const statusOf = (accepted: string) => ({
      observedGeneration: 1,
      conditions: [
        { type: 'Accepted', status: accepted, reason: 'Accepted', message: 'm', observedGeneration: 1 },
      ],
      group: 'team.one.shop.told',
      members: 3,
      published: '1/1',
      firewalls: [
        { name: 'edge', state: 'Published', members: 3, message: '' },
        { name: 'core', state: accepted === 'True' ? 'Published' : 'Held', members: 3, message: '' },
      ],
    });
    const object = (name: string, uid: string, accepted: string) => ({
      apiVersion: 'zonebridge.dev/v1alpha1',
      kind: 'AddressGroup',
      metadata: { name, namespace: 'shop', uid },
      status: statusOf(accepted),
    });
    const apply = async (generation: number, objects: ReturnType<typeof object>[], now: number) => {
      const entries = objects.map((one) => ({ since: generation, object: one }));
      const text = await source.publish(signer, {
        cluster,
        generation,
        entries: { 'address-groups': entries },
      });
      return follow(
        {
          source,
          objects: kubernetesObjects(entranceOf(agentConfig)),
          verify: signer.verify,
          cluster,
          namespace: 'zonebridge',
          now: () => now,
          enabled: ['address-groups'],
        },
        text,
      );
    };
    const read = async () =>
      (await custom.getNamespacedCustomObject({ ...place, name: 'told' })) as {
        spec: object;
        status: {
          conditions: { lastTransitionTime: string }[];
          firewalls: { since: string }[];
          revision: number;
        };
      };
    const first = await apply(1, [object('told', metadata.uid, 'True'), object('gone', 'x', 'True')], 1_000);
    expect(first.report.parts[0]?.outcomes).toEqual({ changed: 1, absent: 1 });
    expect(first.settled).toBe(true);
    expect(await read()).toMatchObject({
      spec,
      status: {
        ...statusOf('True'),
        revision: 1,
        conditions: [{ lastTransitionTime: '1970-01-01T00:00:01Z' }],
        firewalls: ['edge', 'core'].map((name) => ({ name, since: '1970-01-01T00:00:01Z' })),
      },
    });
    await apply(2, [object('told', metadata.uid, 'True')], 2_000);
    expect((await read()).status.conditions[0]?.lastTransitionTime).toBe('1970-01-01T00:00:01Z');
    await apply(3, [object('told', metadata.uid, 'False')], 3_000);
    const { conditions, firewalls } = (await read()).status;
    expect(conditions[0]?.lastTransitionTime).toBe('1970-01-01T00:00:03Z');
    expect(firewalls.map(({ since }) => since)).toEqual(['1970-01-01T00:00:01Z', '1970-01-01T00:00:03Z']);
    const other = await apply(4, [object('told', 'another-uid', 'True')], 4_000);
    expect(other.report.parts[0]?.outcomes).toEqual({ absent: 1 });
    expect((await read()).status.revision).toBe(3);
    await apply(5, [], 5_000);
    expect((await read()).status.revision).toBe(3);
  });

  test('kubectl shows what people look for', async () => {
    const { status, result } = await askWith(admin, {
      path: '/apis/zonebridge.dev/v1alpha1/namespaces/shop/addressgroups/told',
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    });
    expect(status).toBe(200);
    const { columnDefinitions, rows } = result as {
      columnDefinitions: { name: string; priority: number }[];
      rows: { cells: unknown[] }[];
    };
    const shown = (priority: number) =>
      columnDefinitions.filter((column) => column.priority === priority).map(({ name }) => name);
    expect(shown(0)).toEqual(['Name', 'Use', 'Accepted', 'Published', 'Members', 'Age']);
    expect(shown(1)).toEqual(['Reason', 'Group']);
    expect(rows[0]?.cells.slice(0, 5)).toEqual(['told', 'allow', 'False', '1/1', 3]);
  });

  test('the example policy guards labels in the namespaces that ask for it', async () => {
    const objects = KubernetesObjectApi.makeApiClient(admin);
    const text = await readFile(join(import.meta.dirname, '../../examples/label-guard/policy.yaml'), 'utf8');
    for (const document of parseAllDocuments(text)) await objects.create(document.toJS() as KubernetesObject);
    await createNamespace(core, 'guarded', { 'zonebridge.dev/guard-labels': 'true' });
    const dev = impersonating('dev');
    await objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'dev' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'User', name: 'dev', apiGroup: 'rbac.authorization.k8s.io' }],
    } as KubernetesObject);
    const mine = dev.makeApiClient(CoreV1Api);
    const pod = (name: string, labels: Record<string, string>) => ({
      metadata: { name, labels },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const tries = async (namespace: string, labels: Record<string, string>) =>
      mine
        .createNamespacedPod({ namespace, body: pod(`p-${systemClock.now()}`, labels), dryRun: 'All' })
        .then(
          () => 'taken',
          (error: { code?: number; message: string }) =>
            `${error.code} ${/only the platform/.exec(error.message)?.[0]}`,
        );
    await vi.waitUntil(async () => (await tries('guarded', { app: 'web' })) !== 'taken', patience);
    expect(await tries('guarded', { app: 'web' })).toMatch(/^(403|422) only the platform/);
    expect(await tries('guarded', { tier: 'web' })).toBe('taken');
    expect(await tries('shop', { app: 'web' })).toBe('taken');
    // Its pods would come from a controller that is let through.
    const controller = mine.createNamespacedReplicationController({
      namespace: 'guarded',
      body: {
        metadata: { name: 'old' },
        spec: { selector: { app: 'web' }, template: pod('old', { app: 'web' }) },
      },
      dryRun: 'All',
    });
    await expect(controller).rejects.toThrow('only the platform');
    await createPod(core, 'guarded', 'by-platform', { node: 'n' });
    const deployment = (app: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'guarded' },
      spec: {
        selector: { matchLabels: { role: 'x' } },
        template: {
          metadata: { labels: { role: 'x', app } },
          spec: { containers: [{ name: 'c', image: 'i' }] },
        },
      },
    });
    const asDev = KubernetesObjectApi.makeApiClient(dev);
    await expect(asDev.create(deployment('web'))).rejects.toThrow(/only the platform/);
    await objects.create(deployment('web'));
    const service = (labels: Record<string, string>) =>
      mine.createNamespacedService({
        namespace: 'guarded',
        body: { metadata: { name: 'web', labels }, spec: { ports: [{ port: 80 }] } },
        dryRun: 'All',
      });
    await expect(service({ app: 'web' })).rejects.toThrow('only the platform');
    await service({ tier: 'web' });
    const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
    const defaultBackend = { service: { name: 'web', port: { number: 80 } } };
    const entrance = { ...ingress, metadata: { name: 'web', namespace: 'guarded', labels: { app: 'web' } } };
    await expect(asDev.create({ ...entrance, spec: { defaultBackend } } as KubernetesObject)).rejects.toThrow(
      /only the platform/,
    );
  });

  test('the example policy guards labels that are written with a status, and those of namespaces', async () => {
    const mine = impersonating('dev').makeApiClient(CoreV1Api);
    const body = [{ op: 'add', path: '/metadata/labels/app', value: 'web' }];
    await createPod(core, 'guarded', 'plain', { node: 'n' });
    const relabel = mine.patchNamespacedPodStatus({ name: 'plain', namespace: 'guarded', body });
    await expect(relabel).rejects.toThrow('only the platform');
    const switched = [{ op: 'remove', path: '/metadata/labels/zonebridge.dev~1guard-labels' }];
    const off = (client: CoreV1Api) =>
      client.patchNamespace({ name: 'guarded', body: switched, dryRun: 'All' });
    // The API takes each policy in when it comes to it.
    await vi.waitFor(() => expect(off(mine)).rejects.toThrow('only the platform'), patience);
    await expect(
      mine.createNamespace({ body: { metadata: { name: 'sly', labels: { team: 'shop' } } }, dryRun: 'All' }),
    ).rejects.toThrow('only the platform');
    await mine.createNamespace({
      body: { metadata: { name: 'fair', labels: { mine: 'yes' } } },
      dryRun: 'All',
    });
    await off(core);
  });
});
