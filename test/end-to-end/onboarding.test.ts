import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAddonCommand, CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { EksService } from '../../lib/aws/eks.ts';
import { EksTokens } from '../../lib/aws/eks-token.ts';
import { StsCaller } from '../../lib/aws/caller.ts';
import { clusterId } from '../../lib/core/model/messages.ts';
import type { Installer } from '../../lib/core/onboarding/ports.ts';
import { HttpsClusterApi } from '../../lib/kubernetes/administration/cluster-api.ts';
import { kubeconfigEntrance } from '../../lib/kubernetes/administration/kubeconfig.ts';
import { agentObjects } from '../../lib/kubernetes/manifests/agent-manifests.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { sandboxAccount, sandboxCluster, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { OperatorWorld } from '../support/operator-world.ts';

/** `onboard` and `offboard` against the EKS API of the emulator and a real Kubernetes API behind it. */
const image = 'registry.example/zonebridge-agent:1';
const manifests = join(import.meta.dirname, '../../cluster-agent/manifests');
const shop = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

let directory: string;
let aws: Ministack;
let api: ApiUnderTest;
let client: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};
let eks: EKSClient;
let service: EksService;

async function startAws(): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-onboarding-'));
  aws = await startMinistack({ directory });
  client = {
    endpoint: aws.endpoint,
    region: sandboxRegion,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  eks = new EKSClient(client);
  service = new EksService(eks);
  const roleArn = `arn:aws:iam::${sandboxAccount}:role/eks`;
  const accessConfig = { authenticationMode: 'API_AND_CONFIG_MAP' } as const;
  await eks.send(
    new CreateClusterCommand({
      name: sandboxCluster,
      roleArn,
      version: '1.33',
      resourcesVpcConfig: {},
      accessConfig,
    }),
  );
}

beforeAll(startAws);

afterAll(async () => {
  await aws?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('EKS as the emulator has it', () => {
  test('a cluster is described; one that is not there is no error', async () => {
    expect(await service.list()).toContain(sandboxCluster);
    expect(await service.describe(sandboxCluster)).toMatchObject({
      name: sandboxCluster,
      status: 'ACTIVE',
      authenticationMode: 'API_AND_CONFIG_MAP',
      autoMode: false,
      createdAt: expect.toSatisfy((at: number) => Math.abs(Date.now() - at) < 3_600_000) as number,
    });
    expect(await service.describe('none')).toBeUndefined();
  });

  test('add-ons, associations and access entries come and go', async () => {
    expect(await service.addons(sandboxCluster)).toEqual([]);
    await eks.send(
      new CreateAddonCommand({
        clusterName: sandboxCluster,
        addonName: 'eks-pod-identity-agent',
        addonVersion: 'v1.3.0',
      }),
    );
    expect(await service.addons(sandboxCluster)).toMatchObject([
      { name: 'eks-pod-identity-agent', status: 'ACTIVE' },
    ]);
    const account = { namespace: 'a', serviceAccount: 'b' };
    const roleArn = `arn:aws:iam::${sandboxAccount}:role/agent`;
    expect(await service.podIdentity(sandboxCluster, account)).toBeUndefined();
    await service.createPodIdentity(sandboxCluster, { ...account, roleArn, targetRoleArn: undefined });
    const stored = await service.podIdentity(sandboxCluster, account);
    expect(stored).toMatchObject({ ...account, roleArn });
    expect(await service.podIdentity(sandboxCluster, { ...account, serviceAccount: 'c' })).toBeUndefined();
    await service.deletePodIdentity(sandboxCluster, stored!.id);
    expect(await service.podIdentity(sandboxCluster, account)).toBeUndefined();

    const principal = `arn:aws:iam::${sandboxAccount}:role/operator`;
    await service.admit(sandboxCluster, principal);
    expect(await service.accessEntries(sandboxCluster)).toContain(principal);
    const age = Date.now() - ((await service.madeEntryAt(sandboxCluster, principal)) ?? 0);
    expect(Math.abs(age)).toBeLessThan(60_000);
    expect(await service.madeEntryAt(sandboxCluster, `${principal}-else`)).toBeUndefined();
    await service.dismiss(sandboxCluster, principal);
    await service.dismiss(sandboxCluster, principal);
    expect(await service.accessEntries(sandboxCluster)).not.toContain(principal);
  });

  test('a refusal is said in our own words', async () => {
    await expect(service.addons('none')).rejects.toMatchObject({ code: 'cluster/refused' });
    const nowhere = new EksService(
      new EKSClient({ ...client, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }),
    );
    await expect(nowhere.describe('x')).rejects.toMatchObject({ code: 'cluster/unreachable' });
  });

  test('a token is a signed question who we are, for one cluster, and renewed before it ends', async () => {
    let now = 0;
    const tokens = new EksTokens(new STSClient(client), sandboxCluster, () => now);
    const first = await tokens.token();
    expect(first).toMatch(/^k8s-aws-v1\.[\w-]+$/);
    expect(first.length).toBeLessThan(4_096);
    const link = new URL(Buffer.from(first.slice('k8s-aws-v1.'.length), 'base64url').toString());
    expect(link.host).toBe(`sts.${sandboxRegion}.amazonaws.com`);
    expect(Object.fromEntries(link.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    });
    now = 9 * 60_000;
    expect(await tokens.token()).toBe(first);
    // Signatures of the same second are the same.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    now = 11 * 60_000;
    expect(await tokens.token()).not.toBe(first);
  });
});

await kubernetesOrSkip('onboarding with a real Kubernetes API', () => {
  let world: OperatorWorld;
  let installer: Installer;
  let admin: KubeConfig;

  beforeAll(async () => {
    api = await startRealApi();
    admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
  });

  afterAll(async () => api?.stop());

  beforeEach(async () => {
    world = await OperatorWorld.start({});
    const { Arn } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
    world.principal = Arn;
    installer = {
      eks: service,
      caller: new StsCaller(new STSClient(client)),
      ownAccess: false,
      // The emulator has no API behind its clusters: endpoint and authority are those of the real one.
      api: () => new HttpsClusterApi(kubeconfigEntrance(api.kubeconfig)),
      manifests: async (settings) => agentObjects(manifests, settings),
    };
    return async () => world.stop();
  });

  const run = (...argv: string[]) => world.json(argv, { installer: () => installer });

  /** As the hub notes it once it has heard everything of an agent. */
  async function agentGreets(): Promise<void> {
    const { tables, clock } = world.operator.ports;
    const set = {
      epoch: 1,
      process: 'agent-1',
      heartbeatAt: clock.now(),
      helloAt: clock.now(),
      endpoints: 3,
    };
    const verified = Array.from({ length: 256 }, (_, shard) => String(shard));
    await tables.write({ key: clusterKey(shop), update: { set, addToSet: { verified } } });
  }

  test('onboard, again, and offboard', async () => {
    world.whileWaiting = agentGreets;
    const first = await run('onboard', 'shop', '--yes', '--image', image);
    expect([first.code, first.result]).toMatchObject([0, { ok: true, identity: 'create', access: 'given' }]);
    const account = { namespace: 'zonebridge', serviceAccount: 'zonebridge-agent' };
    expect(await service.podIdentity(sandboxCluster, account)).toMatchObject({
      roleArn: `arn:aws:iam::${sandboxAccount}:role/zonebridge-sandbox-agent-shop`,
    });
    const deployed = { namespace: 'zonebridge', name: 'zonebridge-agent' };
    const apps = admin.makeApiClient(AppsV1Api);
    const { spec, metadata } = await apps.readNamespacedDeployment(deployed);
    expect(spec?.template.spec?.containers[0]?.image).toBe(image);

    const again = await run('onboard', 'shop', '--image', image);
    expect([again.code, again.result]).toMatchObject([0, { identity: 'already' }]);
    expect((await apps.readNamespacedDeployment(deployed)).metadata?.resourceVersion).toBe(
      metadata?.resourceVersion,
    );

    const left = await run('offboard', 'shop', '--yes', '--ticket', 'T-1');
    expect([left.code, left.result]).toMatchObject([
      0,
      { identity: 'removed', kept: ['Namespace zonebridge'] },
    ]);
    await expect(apps.readNamespacedDeployment(deployed)).rejects.toMatchObject({ code: 404 });
    expect(await service.podIdentity(sandboxCluster, account)).toBeUndefined();
    const { items } = await admin
      .makeApiClient(CoreV1Api)
      .listNamespacedConfigMap({ namespace: 'zonebridge' });
    expect(items.map((one) => one.metadata?.name)).not.toContain('zonebridge-agent');
  });

  test('fields that somebody else set are told before anything is done, and taken over on request', async () => {
    world.whileWaiting = agentGreets;
    await run('onboard', 'shop', '--yes', '--image', image);
    const apps = admin.makeApiClient(AppsV1Api);
    const deployed = { namespace: 'zonebridge', name: 'zonebridge-agent' };
    const current = await apps.readNamespacedDeployment(deployed);
    current.spec!.replicas = 0;
    await apps.replaceNamespacedDeployment({ ...deployed, body: current });
    const refused = await world.run(['onboard', 'shop', '--yes', '--image', image], {
      installer: () => installer,
    });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/replicas[\s\S]*--force-conflicts/),
    ]);
    await world.operator.ports.tables.write({
      key: clusterKey(shop),
      update: { set: { process: 'before' } },
    });
    const forced = await run('onboard', 'shop', '--yes', '--image', image, '--force-conflicts');
    expect(forced.code).toBe(0);
    expect((await apps.readNamespacedDeployment(deployed)).spec?.replicas).toBe(2);
  });
});
