import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateAccessEntryCommand,
  CreateAddonCommand,
  CreateClusterCommand,
  DeleteAccessEntryCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { composeInstaller, withOwnRole } from '../../lib/app/compose-installer.ts';
import { onboardClusters } from '../../lib/app/onboarding/onboard-clusters.ts';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { EksService } from '../../lib/aws/eks.ts';
import { loadConfiguration } from '../../lib/app/configuration/load.ts';
import { clusterId } from '../../lib/core/model/messages.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { sandboxAccount, sandboxCluster, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { type Caller, EksFront } from '../support/eks-front.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { LocalSigner } from '../support/memory-cluster.ts';
import { OperatorWorld } from '../support/operator-world.ts';
import { certify } from '../support/pki.ts';

/** The way into an EKS cluster as the command and the function take it: endpoint, authority, token and access entry, with nothing put in between. */
const image = 'registry.example/zonebridge-agent:1';
const deployed = { namespace: 'zonebridge', name: 'zonebridge-agent' };
const shop = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

await kubernetesOrSkip('the way into an EKS cluster', () => {
  let directory: string;
  let aws: Ministack;
  let api: ApiUnderTest;
  let front: EksFront;
  let world: OperatorWorld;
  let root: Caller;
  let session: Caller & { sessionToken: string };
  let eks: EKSClient;
  let service: EksService;
  let admin: KubeConfig;

  async function identify(keys: { accessKeyId: string; secretAccessKey: string }): Promise<Caller> {
    const sts = new STSClient({ endpoint: aws.endpoint, region: sandboxRegion, credentials: keys });
    const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { ...keys, arn: Arn };
  }

  /** The role of the function, below a path as an operator may want it. */
  async function assume(): Promise<Caller & { sessionToken: string }> {
    const client = { endpoint: aws.endpoint, region: sandboxRegion, credentials: root };
    const RoleArn = `arn:aws:iam::${sandboxAccount}:role/security/onboarding`;
    const { Credentials: keys } = await new STSClient(client).send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'onboard-clusters' }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = keys ?? {};
    const arn = `arn:aws:sts::${sandboxAccount}:assumed-role/onboarding/onboard-clusters`;
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, arn };
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zonebridge-way-in-'));
    [aws, api] = await Promise.all([startMinistack({ directory }), startRealApi()]);
    root = await identify({ accessKeyId: 'test', secretAccessKey: 'test' });
    session = await assume();
    admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    eks = new EKSClient({ endpoint: aws.endpoint, region: sandboxRegion, credentials: root });
    service = new EksService(eks);
    await eks.send(
      new CreateClusterCommand({
        name: sandboxCluster,
        roleArn: `arn:aws:iam::${sandboxAccount}:role/eks`,
        version: '1.33',
        resourcesVpcConfig: {},
        accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false },
        tags: { 'zonebridge.dev/onboard': 'true' },
      }),
    );
    const addonName = 'eks-pod-identity-agent';
    await eks.send(new CreateAddonCommand({ clusterName: sandboxCluster, addonName }));
  });

  afterAll(async () => {
    await Promise.all([aws?.stop(), api?.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    const { endpoint } = aws;
    front = await EksFront.start({
      aws: endpoint,
      cluster: sandboxCluster,
      kubeconfig: api.kubeconfig,
      callers: [root, session],
    });
    as(root);
    world = await OperatorWorld.start({});
    world.principal = root.arn;
    return async () => {
      vi.unstubAllEnvs();
      await Promise.all([front.stop(), world.stop()]);
    };
  });

  /** What the SDK finds in the environment from now on. */
  function as(caller: Caller & { sessionToken?: string }): void {
    vi.stubEnv('AWS_ENDPOINT_URL', front.endpoint);
    vi.stubEnv('AWS_REGION', sandboxRegion);
    vi.stubEnv('AWS_ACCESS_KEY_ID', caller.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', caller.secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', caller.sessionToken);
  }

  /** As the hub notes it once it has heard everything of an agent. */
  async function agentGreets(): Promise<void> {
    const { tables, clock } = world.operator.ports;
    const now = clock.now();
    const set = { epoch: 1, process: `agent-${now}`, heartbeatAt: now, helloAt: now, endpoints: 3 };
    const verified = Array.from({ length: 256 }, (_, shard) => String(shard));
    await tables.write({ key: clusterKey(shop), update: { set, addToSet: { verified } } });
  }

  const imageInCluster = async (): Promise<string | undefined> => {
    const { spec } = await admin.makeApiClient(AppsV1Api).readNamespacedDeployment(deployed);
    return spec?.template.spec?.containers[0]?.image;
  };

  test('by a token, with access for the time of the work alone, and out again', async () => {
    world.whileWaiting = agentGreets;
    // An access entry counts after a while.
    front.notYet = 3;
    const first = await world.json(['onboard', 'shop', '--yes', '--image', image]);
    expect([first.code, first.result]).toMatchObject([
      0,
      { ok: true, identity: 'create', access: 'temporary' },
    ]);
    expect(await imageInCluster()).toBe(image);
    expect(new Set(front.entered.map(({ arn }) => arn))).toEqual(new Set([root.arn]));
    expect(front.entered.some(({ method }) => method === 'PATCH')).toBe(true);
    expect(await service.accessEntries(sandboxCluster)).not.toContain(root.arn);

    const left = await world.json(['offboard', 'shop', '--yes', '--ticket', 'T-1']);
    expect([left.code, left.result]).toMatchObject([0, { identity: 'removed' }]);
    await expect(imageInCluster()).rejects.toMatchObject({ code: 404 });
    expect(await service.accessEntries(sandboxCluster)).not.toContain(root.arn);
  });

  test('not into a cluster that has another authority than EKS tells', async () => {
    front.authority = (await certify({ name: 'another authority', authority: true })).certificate;
    const { code, stderr } = await world.run(['onboard', 'shop', '--yes', '--image', image]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/certificate/);
    expect(front.entered).toEqual([]);
    expect(await service.accessEntries(sandboxCluster)).not.toContain(root.arn);
  });

  test('not by an access entry of somebody else that allows nothing, which stays as it is', async () => {
    const place = { clusterName: sandboxCluster, principalArn: root.arn };
    await eks.send(new CreateAccessEntryCommand(place));
    const { code, stderr } = await world.run(['onboard', 'shop', '--yes', '--image', image]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('AmazonEKSClusterAdminPolicy')]);
    expect(front.entered.map(({ method }) => method)).not.toContain('PATCH');
    expect(await service.accessEntries(sandboxCluster)).toEqual([root.arn]);
    await eks.send(new DeleteAccessEntryCommand(place));
  });

  test('as the function, whose session does not tell the path of its role', async () => {
    as(session);
    const { configuration } = await loadConfiguration(world.folder, {
      modules: world.operator.ports.firewalls,
    });
    const hub = { ...configuration.hub, onboarding: { image, admit: ['shop'] } };
    const installer = withOwnRole(composeInstaller({ region: hub.region }), '/security/');
    const told: unknown[] = [];
    await onboardClusters({
      ports: world.operator.ports,
      configuration: { ...configuration, hub },
      installer,
      bus: { put: async (events) => void told.push(...events) },
      signer: new LocalSigner(),
    });
    expect(told).toMatchObject([{ type: 'cluster-admitted' }]);
    expect(new Set(front.entered.map(({ arn }) => arn))).toEqual(new Set([session.arn]));
    expect(await imageInCluster()).toBe(image);
    expect(await service.accessEntries(sandboxCluster)).toEqual([]);
    const core = admin.makeApiClient(CoreV1Api);
    expect((await core.readNamespace({ name: deployed.namespace })).metadata?.name).toBe('zonebridge');
  });
});
