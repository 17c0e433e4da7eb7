import {
  CreateNetworkInterfaceCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signatureCheck } from '../../cluster-agent/signature.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { names } from '../../lib/app/names.ts';
import { clusterId } from '../../lib/core/model/messages.ts';
import { manifestKey } from '../../lib/core/way-back/ports.ts';
import { openManifest } from '../../lib/core/way-back/manifest.ts';
import {
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
} from '../../lib/sandbox/configuration.ts';
import { FirewallView } from '../../lib/sandbox/firewall-view.ts';
import type { BusAgent } from '../support/hub/bus-agent.ts';
import { HubRig, until } from '../support/hub/hub-rig.ts';

const target = { firewall: 'edge', channel: 'push', create: 'own', mode: 'sync' };
const group = {
  addresses: 'pod',
  select: "app == 'web'",
  namespaces: "kubernetes.io/metadata.name == 'shop'",
  usedIn: 'allow',
  maxMembers: 100,
  publish: [target],
};
const bastions = {
  ...group,
  addresses: 'node',
  select: "role == 'bastion'",
  namespaces: 'global()',
  clusters: ['fleet'],
};
const front = { ...group, addresses: 'service', select: "app == 'front'" };

let rig: HubRig;
let agent: BusAgent;
let view: FirewallView;

beforeAll(async () => {
  rig = await HubRig.start({
    firewalls: ['edge'],
    groups: { web: group, bastions, front },
    cluster: { writes: ['group-status'], resolveNames: true, sharedRanges: true },
    hosts: {
      fleet: {
        account: sandboxAccount,
        region: sandboxRegion,
        realm: 'default',
        ranges: ['10.0.0.0/8'],
        sharedRanges: true,
        tags: { role: ['bastion'] },
      },
    },
  });
  view = new FirewallView(rig.simulator('edge'));
  await rig.apply();
  agent = await rig.agent();
});

afterAll(async () => rig?.stop());

test('publish-desired signs what the cluster shall have, and the agent believes it', async () => {
  const record = { kind: 'pod' as const, uid: 'a', name: 'a', namespace: 'shop', hostNetwork: false };
  const namespaceLabels = { 'kubernetes.io/metadata.name': 'shop' };
  await agent.tell({
    upsert: { ...record, labels: { app: 'web' }, namespaceLabels, addresses: ['10.0.0.7'] },
  });
  await until(
    'the address is on the firewall',
    () => view.members('web', 'push')?.includes('10.0.0.7') === true,
  );
  await rig.invoke('PublishDesired');
  const bucket = names.desiredBucket({ name: sandboxHub, account: sandboxAccount, region: sandboxRegion });
  const read = async (): Promise<string | undefined> =>
    new S3Client({ forcePathStyle: true })
      .send(new GetObjectCommand({ Bucket: bucket, Key: manifestKey(sandboxCluster) }))
      .then(({ Body }) => Body?.transformToString())
      .catch(() => undefined);
  await until('a manifest lies in the bucket', async () => (await read()) !== undefined, { seconds: 60 });
  const { PublicKey = new Uint8Array() } = await new KMSClient({}).send(
    new GetPublicKeyCommand({ KeyId: names.desiredKey(sandboxHub) }),
  );
  const verify = signatureCheck([Buffer.from(PublicKey).toString('base64')]);
  const cluster = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });
  const manifest = await openManifest((await read()) ?? '', { cluster, verify });
  expect(manifest.generation).toBeGreaterThan(0);
  expect(manifest.parts.map(({ producer }) => producer)).toEqual(['group-status']);
});

test('tell-hosts follows instances by their tags, and takes them off when they end', async () => {
  const ec2 = new EC2Client({});
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-0a1b2c3d4e5f60718',
      MinCount: 3,
      MaxCount: 3,
      InstanceType: 't3.micro',
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'role', Value: 'bastion' }] }],
    }),
  );
  const addresses = Instances.map(({ PrivateIpAddress = '' }) => PrivateIpAddress).sort();
  const there = (): string[] => (view.members('bastions', 'push') ?? []).toSorted();
  const soon = { seconds: 90, everyMs: 3_000 };
  await until(
    'the addresses of the instances are on the firewall',
    async () => {
      await rig.invoke('TellHosts');
      return there().length === 3;
    },
    soon,
  );
  expect(there()).toEqual(addresses);
  const [{ InstanceId = '', PrivateIpAddress: gone = '' } = {}] = Instances;
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await until(
    'the one that ended left',
    async () => {
      await rig.invoke('TellHosts');
      return !there().includes(gone);
    },
    soon,
  );
  expect(there()).toHaveLength(2);
}, 240_000);

test('resolve-names looks behind the name of a load balancer, and believes no interface that AWS did not make', async () => {
  // The emulator makes no interfaces for load balancers: this is what somebody who wants to be on the firewall would make.
  await new EC2Client({}).send(
    new CreateNetworkInterfaceCommand({
      SubnetId: 'subnet-00000001',
      Description: 'ELB app/front/50dc6c495c0c9188',
    }),
  );
  await agent.tell({
    upsert: {
      kind: 'service',
      uid: 'front',
      name: 'front',
      namespace: 'shop',
      hostNetwork: false,
      labels: { app: 'front' },
      namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
      addresses: [],
      hostNames: [`internal-front-1234567890.${sandboxRegion}.elb.amazonaws.com`],
    },
  });
  const told = async (): Promise<string> => JSON.stringify((await readStatus(rig.app)).unseen);
  await until(
    'status says why the load balancer is missing',
    async () => {
      await rig.invoke('ResolveNames');
      return (await told()).includes('EC2 has no network interface of that load balancer');
    },
    { seconds: 90, everyMs: 3_000 },
  );
  expect(view.members('front', 'push') ?? []).toEqual([]);
}, 240_000);
