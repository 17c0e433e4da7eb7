import { onTestFinished, expect, test } from 'vitest';
import { networkDetail } from '../../lib/core/model/messages.ts';
import { networkVersion } from '../../lib/core/network/report.ts';
import {
  MemoryInbox,
  namespaceObject,
  nodeObject,
  RecordingBus,
  ScriptedObjects,
  settle,
} from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { Agent } from './agent.ts';
import type { Documents } from './ports.ts';

const awsNodePath = '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node';
const ciliumPath = '/api/v1/namespaces/kube-system/configmaps/cilium-config';
const masqPath = '/api/v1/namespaces/kube-system/configmaps/ip-masq-agent';
const nodeClassPath = '/apis/eks.amazonaws.com/v1/nodeclasses?limit=100';
const poolPath = '/apis/projectcalico.org/v3/ippools?limit=200';
const minutes = 60_000;

function awsNode(externalSnat: string, scheduled = 2): object {
  const env = [{ name: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: externalSnat }];
  return {
    spec: { template: { spec: { containers: [{ name: 'aws-node', env }] } } },
    status: { observedGeneration: 1, desiredNumberScheduled: scheduled },
  };
}

type Answer = object | 'forbidden' | Error;

/** An agent in a cluster with one node, and documents under a test's control. */
class Reporting {
  readonly documents = new Map<string, Answer>();
  readonly asked: string[] = [];
  readonly bus = new RecordingBus();
  readonly clock = new FakeClock();
  readonly inbox = new MemoryInbox();
  readonly objects = new ScriptedObjects();
  readonly agent: Agent;

  constructor(options: { labels?: Record<string, string>; off?: true } = {}) {
    this.objects.put('namespace', namespaceObject('s', 'shop'));
    const node = nodeObject('n', 'node-1', ['10.1.0.1']);
    this.objects.put('node', {
      ...node,
      metadata: { uid: 'n', name: 'node-1', labels: options.labels ?? {} },
    });
    const documents: Documents = {
      read: async (path) => {
        this.asked.push(path);
        const answer = this.documents.get(path);
        if (answer instanceof Error) throw answer;
        if (answer === undefined) return 'absent';
        return answer === 'forbidden' ? answer : { object: answer };
      },
    };
    this.agent = new Agent({
      objects: this.objects,
      documents: options.off ? undefined : documents,
      bus: this.bus,
      inbox: this.inbox,
      clock: this.clock,
      random: new SeededRandom(),
      telemetry: new RecordingTelemetry(),
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: '1',
    });
    const ended = this.agent.run();
    onTestFinished(async () => {
      this.agent.stop();
      await ended;
    });
  }

  async epoch(epoch: number, network: number | undefined = networkVersion): Promise<void> {
    await settle();
    const takes = network === undefined ? {} : { network };
    this.inbox.deliver({ type: 'epoch', schema: 1, process: this.agent.process, epoch, ...takes });
    await settle();
    await settle();
  }

  told() {
    return this.bus.details('network').map((detail) => networkDetail.parse(detail));
  }
}

test('tells its network once, again when it changed, and after hours', async () => {
  const world = new Reporting();
  world.documents.set(awsNodePath, awsNode('false'));
  await world.epoch(1);
  expect(world.told()).toMatchObject([
    { epoch: 1, number: 1, version: 1, report: { nodes: 1, autoNodes: 0, unread: [] } },
  ]);
  expect(world.told()[0]?.report.vpcCni).toEqual({
    scheduled: 2,
    externalSnat: 'false',
    excluded: [],
    customNetworking: false,
    ipv6: false,
  });
  await world.clock.advance(30 * minutes);
  expect(world.told().length).toBe(1);
  // More nodes of the same kind are no news.
  world.documents.set(awsNodePath, awsNode('false', 3));
  await world.clock.advance(6 * minutes);
  expect(world.told().length).toBe(1);
  world.documents.set(awsNodePath, awsNode('true', 3));
  await world.clock.advance(6 * minutes);
  expect(world.told().map(({ number, report }) => [number, report.vpcCni?.externalSnat])).toEqual([
    [1, 'false'],
    [2, 'true'],
  ]);
  await world.clock.advance(366 * minutes);
  expect(world.told().length).toBe(3);
});

test('tells it anew under a new epoch', async () => {
  const world = new Reporting();
  await world.epoch(1);
  await world.epoch(2);
  expect(world.told().map(({ epoch }) => epoch)).toEqual([1, 2]);
});

test.each([
  ['an older hub, which says nothing of it', undefined],
  ['a hub of an older version of it', networkVersion - 1],
])('%s is told nothing', async (_, version) => {
  const world = new Reporting();
  await settle();
  const takes = version === undefined ? {} : { network: version };
  world.inbox.deliver({ type: 'epoch', schema: 1, process: world.agent.process, epoch: 1, ...takes });
  await settle();
  await world.clock.advance(20 * minutes);
  expect(world.told()).toEqual([]);
  expect(world.asked).toEqual([]);
  expect(world.bus.details('heartbeat').length).toBeGreaterThan(10);
});

test('switched off it reads and tells nothing', async () => {
  const world = new Reporting({ off: true });
  await world.epoch(1);
  await world.clock.advance(20 * minutes);
  expect([world.asked, world.told()]).toEqual([[], []]);
});

test('what its rights leave out is told as such, what fails is not told at all', async () => {
  const world = new Reporting();
  world.documents.set(awsNodePath, 'forbidden');
  world.documents.set(ciliumPath, new Error('connection reset'));
  await world.epoch(1);
  expect(world.told()).toEqual([]);
  expect(world.agent.status.lastError?.message).toMatch(/looking at the cluster's network: connection reset/);
  world.documents.delete(ciliumPath);
  await world.clock.advance(6 * minutes);
  expect(world.told().map(({ report }) => report.unread)).toEqual([
    [{ part: 'aws-node', why: 'its rights leave it out' }],
  ]);
});

test('an object that cannot be read is a failure, not an absence', async () => {
  const world = new Reporting();
  world.documents.set(awsNodePath, { spec: 'nonsense' });
  await world.epoch(1);
  expect(world.told()).toEqual([]);
  expect(world.agent.status.lastError?.message).toMatch(/looking at the cluster's network/);
});

test('what the bus refuses comes again', async () => {
  const world = new Reporting();
  world.bus.onPut = (entries) =>
    entries.map(({ detailType }) => (detailType === 'network' ? 'ThrottlingException' : undefined));
  await world.epoch(1);
  expect(world.told()).toEqual([]);
  world.bus.onPut = undefined;
  await world.clock.advance(6 * minutes);
  expect(world.told().length).toBe(1);
});

test('reads the NodeClasses where there are nodes of Auto Mode, and pools under either name', async () => {
  const world = new Reporting({ labels: { 'eks.amazonaws.com/compute-type': 'auto' } });
  world.documents.set(nodeClassPath, { items: [{ metadata: { name: 'default' }, spec: {} }] });
  world.documents.set(poolPath, {
    items: [{ metadata: { name: 'p' }, spec: { cidr: '192.168.0.0/16', natOutgoing: true } }],
  });
  await world.epoch(1);
  const [told] = world.told();
  expect(told?.report).toMatchObject({
    autoNodes: 1,
    autoMode: { nodeClasses: [{ name: 'default' }] },
    pools: [{ name: 'p', natOutgoing: true, tunnel: 'never' }],
  });
});

test("reads the ranges of Cilium's ip-masq-agent only where it works", async () => {
  const world = new Reporting();
  world.documents.set(ciliumPath, { data: { 'enable-ip-masq-agent': 'true' } });
  world.documents.set(masqPath, {
    data: { config: 'nonMasqueradeCIDRs:\n- 10.0.0.0/8\nmasqLinkLocal: true\n' },
  });
  await world.epoch(1);
  expect(world.told()[0]?.report.cilium).toEqual({ masqAgent: { except: ['10.0.0.0/8'] } });
  world.documents.set(ciliumPath, { data: { ipam: 'eni' } });
  world.asked.length = 0;
  await world.clock.advance(6 * minutes);
  expect(world.asked).not.toContain(masqPath);
  expect(world.told().at(-1)?.report.cilium).toEqual({ ipam: 'eni' });
});
