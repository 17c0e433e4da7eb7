import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endpointChange, endpointsDetail, manifestDetail } from '../../lib/core/model/messages.ts';
import {
  type ApiUnderTest,
  type StartApi,
  startRealApi,
  startSimulatedApi,
} from '../contract/kubernetes/api-under-test.ts';
import { AgentSurroundings, healthOf } from '../support/agent-processes.ts';
import { createNamespace, createPod, setPod } from '../support/cluster.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const patience = { timeout: 60_000, interval: 50 };

interface BusEvent {
  'detail-type': string;
  detail: Record<string, unknown>;
}

let core: CoreV1Api;
let events: BusEvent[];
let api: ApiUnderTest;
let around: AgentSurroundings;

const details = (type: string) =>
  events.filter((event) => event['detail-type'] === type).map(({ detail }) => detail);

const tellAgent = async (message: Record<string, unknown>) => around.tellAgent(JSON.stringify(message));

function agentProcessSuite(start: StartApi): void {
  beforeAll(async () => {
    const source = 'zonebridge.cluster.000000000000.eu-central-1.shop';
    [api, around] = await Promise.all([start(), AgentSurroundings.start(source)]);
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    events = [];
    around.read((body) => void events.push(JSON.parse(body) as BusEvent));
  });

  afterAll(async () => {
    await Promise.all([api?.stop(), around?.stop()]);
  });

  test('a process that is superseded exits and leaves the message to its owner', async () => {
    const old = around.startAgent(api.kubeconfig);
    const hello = await vi.waitUntil(() => details('hello')[0], patience);
    await tellAgent({ type: 'epoch', schema: 1, process: hello['process'], epoch: 1 });
    await vi.waitUntil(() => old.log.some(({ message }) => message === 'epoch begins'), patience);
    await tellAgent({ type: 'epoch', schema: 1, process: 'the-next-process', epoch: 2 });
    expect(await old.exit).toBe(3);
    const QueueUrl = around.queues.agent;
    const { Messages = [] } = await around.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }),
    );
    expect(Messages.map(({ Body }) => Body)).toEqual([expect.stringContaining('the-next-process')]);
    for (const { ReceiptHandle } of Messages) {
      await around.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  });

  test('hello, epoch, everything, manifests, changes, and an end in order', async () => {
    await createNamespace(core, 'shop');
    const uid = await createPod(core, 'shop', 'web');
    await setPod(core, 'shop', 'web', { phase: 'Running', ips: ['10.9.0.1'] });
    const known = details('hello').length;
    const agent = around.startAgent(api.kubeconfig);
    const hello = await vi.waitUntil(() => details('hello')[known], patience);
    await tellAgent({ type: 'epoch', schema: 1, process: hello['process'], epoch: 3 });

    const ours = (type: string) => details(type).filter(({ epoch }) => epoch === 3);
    const shards = () =>
      ours('manifest').flatMap((detail) => manifestDetail.parse(detail).manifests.map(({ shard }) => shard));
    await vi.waitUntil(() => new Set(shards()).size === 256, patience);
    const changes = () =>
      ours('endpoints').flatMap((detail) =>
        endpointsDetail.parse(detail).changes.map((change) => endpointChange.parse(change)),
      );
    // The queue keeps no order.
    await vi.waitUntil(
      () =>
        changes().some(
          (change) =>
            'upsert' in change && change.upsert.uid === uid && change.upsert.addresses[0] === '10.9.0.1',
        ),
      patience,
    );
    const ready = await fetch(`${healthOf(agent)}/readyz`);
    expect(ready.status).toBe(200);

    await core.deleteNamespacedPod({ namespace: 'shop', name: 'web', gracePeriodSeconds: 0 });
    await vi.waitUntil(
      () => changes().some((change) => 'remove' in change && change.remove.uid === uid),
      patience,
    );

    agent.child.kill('SIGTERM');
    expect(await agent.exit).toBe(0);
  });
}

describe('agent process between a simulated Kubernetes API and AWS', () => {
  agentProcessSuite(startSimulatedApi);
});

await kubernetesOrSkip('agent process between a real Kubernetes API and AWS', () => {
  agentProcessSuite(startRealApi);
});
