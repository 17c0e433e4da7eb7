import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endpointChange, endpointsDetail, manifestDetail } from '../../lib/core/model/messages.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import {
  type ApiUnderTest,
  type StartApi,
  startRealApi,
  startSimulatedApi,
} from '../contract/kubernetes/api-under-test.ts';
import { createNamespace, createPod, setPod } from '../support/cluster.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const source = 'zonebridge.cluster.000000000000.eu-central-1.shop';
const bus = 'zonebridge-test';
const agentQueue = 'zonebridge-test-agent-shop';
const patience = { timeout: 60_000, interval: 50 };

interface BusEvent {
  source: string;
  'detail-type': string;
  detail: Record<string, unknown>;
}

let aws: Ministack;
let core: CoreV1Api;
let directory: string;
let events: BusEvent[];
let api: ApiUnderTest;
let queues: { hub: string; agent: string };
let sqs: SQSClient;
let done: AbortController;
let read: Promise<void>;

/** Reads what the bus delivers to the hub's queue. */
async function readHubQueue(): Promise<void> {
  while (!done.signal.aborted) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.hub, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { Body = '', ReceiptHandle } of Messages) {
      events.push(JSON.parse(Body) as BusEvent);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queues.hub, ReceiptHandle }));
    }
  }
}

const details = (type: string) =>
  events.filter((event) => event['detail-type'] === type).map(({ detail }) => detail);

/** A real agent process, its log lines, and its exit code. */
function startAgent(): { child: ChildProcess; log: Record<string, unknown>[]; exit: Promise<number | null> } {
  const log: Record<string, unknown>[] = [];
  const child = spawn(process.execPath, ['cluster-agent/main.ts'], {
    env: {
      ...aws.environment,
      PATH: process.env['PATH'],
      AWS_REGION: 'eu-central-1',
      KUBECONFIG: api.kubeconfig,
      ZONEBRIDGE_BUS: bus,
      ZONEBRIDGE_QUEUE: agentQueue,
      ZONEBRIDGE_SOURCE: source,
      ZONEBRIDGE_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line) as Record<string, unknown>);
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, log, exit };
}

async function tellAgent(message: Record<string, unknown>): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queues.agent, MessageBody: JSON.stringify(message) }));
}

function agentProcessSuite(start: StartApi): void {
  beforeAll(async () => {
    done = new AbortController();
    directory = mkdtempSync(join(tmpdir(), 'zonebridge-agent-process-'));
    [api, aws] = await Promise.all([start(), startMinistack({ directory: join(directory, 'aws') })]);
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    events = [];
    const client = {
      endpoint: aws.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    sqs = new SQSClient(client);
    const eventBridge = new EventBridgeClient(client);
    const queue = async (name: string) => {
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
      return QueueUrl;
    };
    queues = { hub: await queue('hub'), agent: await queue(agentQueue) };
    await eventBridge.send(new CreateEventBusCommand({ Name: bus }));
    const rule = { EventBusName: bus, EventPattern: JSON.stringify({ source: [source] }) };
    await eventBridge.send(new PutRuleCommand({ ...rule, Name: 'all' }));
    const arn = 'arn:aws:sqs:eu-central-1:000000000000:hub';
    await eventBridge.send(
      new PutTargetsCommand({ EventBusName: bus, Rule: 'all', Targets: [{ Id: 'hub', Arn: arn }] }),
    );
    read = readHubQueue();
  });

  afterAll(async () => {
    done.abort();
    await read;
    await Promise.all([api?.stop(), aws?.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  test('a process that is superseded exits and leaves the message to its owner', async () => {
    const old = startAgent();
    const hello = await vi.waitUntil(() => details('hello')[0], patience);
    await tellAgent({ type: 'epoch', schema: 1, process: hello['process'], epoch: 1 });
    await vi.waitUntil(() => old.log.some(({ message }) => message === 'epoch begins'), patience);
    await tellAgent({ type: 'epoch', schema: 1, process: 'the-next-process', epoch: 2 });
    expect(await old.exit).toBe(3);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.agent, WaitTimeSeconds: 5 }),
    );
    expect(Messages.map(({ Body }) => Body)).toEqual([expect.stringContaining('the-next-process')]);
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queues.agent, ReceiptHandle }));
    }
  });

  test('hello, epoch, everything, manifests, changes, and an end in order', async () => {
    await createNamespace(core, 'shop');
    const uid = await createPod(core, 'shop', 'web');
    await setPod(core, 'shop', 'web', { phase: 'Running', ips: ['10.9.0.1'] });
    const known = details('hello').length;
    const agent = startAgent();
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
    const port = Number(agent.log.find(({ message }) => message === 'agent starts')?.['port']);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
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
