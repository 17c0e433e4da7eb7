import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kubernetesDocuments, kubernetesSource } from '../../../cluster-agent/kubernetes-api.ts';
import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { readNetworkReport } from '../../../cluster-agent/lib/network-report.ts';
import { systemClock, systemRandom } from '../../../cluster-agent/system.ts';
import { networkDetail, schemaVersion } from '../../../lib/core/model/messages.ts';
import { type NetworkReport, networkVersion } from '../../../lib/core/network/report.ts';
import { readNetwork } from '../../../lib/core/network/translation.ts';
import { entranceOf } from '../../support/entrance.ts';
import { MemoryInbox, RecordingBus } from '../../support/agent-world.ts';
import { addNetworkRights, agentAccount } from '../../support/agent-rights.ts';
import { RecordingTelemetry } from '../../support/ports.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';
import { mergePatch } from './simulated.ts';

const namespace = 'kube-system';
const labels = { 'k8s-app': 'aws-node' };

/** `aws-node` as the add-on installs it, as far as it matters here. */
function awsNode(env: { name: string; value: string }[]) {
  const containers = [{ name: 'aws-node', image: 'amazon-k8s-cni:v1.20.4', env }];
  return {
    metadata: { name: 'aws-node', namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

export interface NetworkApi {
  api: ApiUnderTest;
  admin: KubeConfig;
  /** Kubeconfig with the rights of the manifests alone. */
  agent: KubeConfig;
  read(): Promise<NetworkReport>;
}

/** What the agent reads of a cluster's network, with which rights, the same on every API. Call within `describe`; gives what its tests use. */
export function networkSuite(start: StartApi): NetworkApi {
  const here = {} as NetworkApi;
  let apps: AppsV1Api;
  let core: CoreV1Api;

  beforeAll(async () => {
    here.api = await start();
    here.admin = new KubeConfig();
    here.admin.loadFromFile(here.api.kubeconfig);
    core = here.admin.makeApiClient(CoreV1Api);
    apps = here.admin.makeApiClient(AppsV1Api);
    // A real API makes it by itself, in its own time.
    await vi.waitUntil(
      async () =>
        core.createNamespace({ body: { metadata: { name: namespace } } }).then(
          () => true,
          (error: { code?: number }) => error.code === 409,
        ),
      { timeout: 30_000, interval: 100 },
    );
    here.agent = await agentAccount(here.admin, here.api.url);
    const documents = kubernetesDocuments(entranceOf(here.agent));
    here.read = () => readNetworkReport(documents, { all: 1, auto: 0 });
  });

  afterAll(async () => here.api?.stop());

  test('without the rights it says what it may not read', async () => {
    const { unread, vpcCni, cilium } = await here.read();
    expect([vpcCni, cilium]).toEqual([undefined, undefined]);
    expect(unread.map(({ part }) => part)).toEqual(expect.arrayContaining(['aws-node', 'cilium-config']));
    await addNetworkRights(here.admin);
  });

  test('with them, what is not there is not there', async () => {
    expect(await here.read()).toMatchObject({ unread: [], more: 0 });
    const { cni, translation } = readNetwork(await here.read());
    expect([cni, translation.source]).toEqual(['unknown', 'unknown']);
  });

  test('aws-node, told by an agent when it begins, and as it is changed', async () => {
    const env = [{ name: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: 'false' }];
    await apps.createNamespacedDaemonSet({ namespace, body: awsNode(env) });
    expect((await here.read()).vpcCni).not.toHaveProperty('scheduled');
    const counts = {
      currentNumberScheduled: 1,
      desiredNumberScheduled: 2,
      numberMisscheduled: 0,
      numberReady: 1,
    };
    await apps.patchNamespacedDaemonSetStatus(
      { namespace, name: 'aws-node', body: { status: { observedGeneration: 1, ...counts } } },
      mergePatch,
    );
    const bus = new RecordingBus();
    const inbox = new MemoryInbox();
    bus.onAccepted = ({ detail, detailType }) => {
      if (detailType !== 'hello') return;
      const { process } = JSON.parse(detail) as { process: string };
      inbox.deliver({ type: 'epoch', schema: schemaVersion, process, epoch: 1, network: networkVersion });
    };
    const agent = new Agent({
      objects: kubernetesSource(entranceOf(here.agent), systemRandom),
      documents: kubernetesDocuments(entranceOf(here.agent)),
      bus,
      inbox,
      clock: systemClock,
      random: systemRandom,
      telemetry: new RecordingTelemetry(),
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: 'test',
    });
    const ended = agent.run();
    await vi.waitUntil(() => bus.details('network').length > 0, { timeout: 30_000, interval: 20 });
    agent.stop();
    await ended;
    const { report } = networkDetail.parse(bus.details('network')[0]);
    expect(report.vpcCni).toMatchObject({ scheduled: 2, externalSnat: 'false', excluded: [] });
    expect(readNetwork(report)).toMatchObject({ cni: 'Amazon VPC CNI', translation: { source: 'node' } });

    const changed = [
      { name: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: 'false' },
      { name: 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS', value: '172.16.0.0/12,10.0.0.0/8' },
    ];
    await apps.patchNamespacedDaemonSet(
      { namespace, name: 'aws-node', body: { spec: awsNode(changed).spec } },
      mergePatch,
    );
    expect(readNetwork(await here.read())).toMatchObject({
      translation: { source: 'node', except: ['172.16.0.0/12', '10.0.0.0/8'] },
    });
  });

  test('aws-node on no node, beside Cilium in ENI mode', async () => {
    const counts = {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    };
    await apps.patchNamespacedDaemonSetStatus(
      { namespace, name: 'aws-node', body: { status: { observedGeneration: 2, ...counts } } },
      mergePatch,
    );
    const data = {
      ipam: 'eni',
      'routing-mode': 'native',
      'enable-ipv4-masquerade': 'true',
      'enable-ip-masq-agent': 'true',
    };
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'cilium-config' }, data } });
    const config = 'nonMasqueradeCIDRs:\n  - 172.16.0.0/12\n';
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'ip-masq-agent' }, data: { config } },
    });
    expect(readNetwork(await here.read())).toMatchObject({
      cni: 'Cilium in AWS ENI mode',
      translation: { source: 'node', except: ['172.16.0.0/12'] },
    });
  });

  return here;
}
