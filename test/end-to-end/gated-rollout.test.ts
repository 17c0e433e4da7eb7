import { setTimeout as delay } from 'node:timers/promises';
import { ApiException, PolicyV1Api, type V1Deployment, type V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { gateType } from '../../lib/core/gates/gate.ts';
import { Experiment } from '../support/applications/experiment.ts';
import { type ApplicationGroup, brakes, group, name, named } from '../support/applications/groups.ts';
import type { PlayedCluster } from '../support/applications/played-cluster.ts';
import { ReadyWatch } from '../support/applications/ready-watch.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const patience = { timeout: 120_000, interval: 50 };
/** So long that hub and agent try again several times; nothing may come of it. */
const severalTries = 8_000;

const gates = {
  checkout: { timeoutSeconds: 3600, whenLate: 'closed' },
  hasty: { timeoutSeconds: 5, whenLate: 'open' },
  patient: { timeoutSeconds: 5, whenLate: 'closed' },
} as const;

/** All pods of `app: web` in a namespace. */
const webOf = (namespace: string): ApplicationGroup =>
  group(
    namespace,
    { kind: 'pods', namespaces: name(namespace), select: 'app=web' },
    { addresses: 'pod', select: "app == 'web'", namespaces: named(namespace), brakes },
  );

/** Room for one alone. */
const vault = group(
  'vault',
  { kind: 'pods', namespaces: name('checkout'), select: 'vault=yes' },
  { addresses: 'pod', select: "vault == 'yes'", namespaces: named('checkout'), maxMembers: 1 },
);

const spec = (gated: boolean) => ({
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'web', image: 'web' }],
  ...(gated ? { readinessGates: [{ conditionType: gateType }] } : {}),
});

function deployment(replicas: number, gated: boolean): V1Deployment {
  const labels = { app: 'web' };
  return {
    metadata: { name: 'web' },
    spec: {
      replicas,
      progressDeadlineSeconds: 5,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: spec(gated) },
    },
  };
}

let experiment: Experiment;
let cluster: PlayedCluster;
let policy: PolicyV1Api;
const watches: Record<string, ReadyWatch> = {};

const settled = (namespace: string) => () => cluster.settled(namespace);

function watchOf(namespace: string): ReadyWatch {
  const watch = watches[namespace];
  if (!watch) throw new Error(`nobody watches ${namespace}`);
  return watch;
}

/** A Deployment with its service, and somebody who looks at both. */
async function install(namespace: string, replicas: number, gated = true): Promise<void> {
  const { admin, hands } = cluster;
  const watch = new ReadyWatch(admin, {
    namespace,
    app: 'web',
    onFirewall: () => experiment.members(namespace),
  });
  watches[namespace] = watch;
  await watch.start();
  await cluster.createService(namespace, 'web', { selector: { app: 'web' } });
  await experiment.change({
    what: `install ${replicas} pods in ${namespace}`,
    act: () => hands.createDeployment(namespace, deployment(replicas, gated)),
    over: settled(namespace),
  });
  await vi.waitUntil(() => watch.endpoints === replicas, patience);
}

const rollOut = (namespace: string) => cluster.hands.restart(namespace, 'web');

/** The firewall cuts each connection; returns how many requests it has cut so far. */
function silence(): () => number {
  const { faults } = experiment.hub.simulator;
  faults.add({ kind: 'drop', id: 'silence' });
  return () => Number((faults.list()[0] as { hits?: number } | undefined)?.hits);
}

function answer(): void {
  experiment.hub.simulator.faults.remove();
}

const uids = (pods: Map<string, V1Pod>): string[] => [...pods.keys()].sort();

const gateOf = ({ status }: V1Pod) => {
  const condition = status?.conditions?.find(({ type }) => type === gateType);
  return condition && `${condition.status} ${condition.reason}`;
};

const gatesOf = async (namespace: string, selector = 'app=web') =>
  (await cluster.hands.pods(namespace, selector)).map(gateOf);

const isReady = ({ status }: V1Pod): boolean =>
  status?.conditions?.some(({ status, type }) => type === 'Ready' && status === 'True') ?? false;

const read = (podName: string) =>
  cluster.hands.core.readNamespacedPod({ namespace: 'checkout', name: podName });

/** What `kubectl rollout status` goes by. */
async function progressOf(namespace: string): Promise<string | undefined> {
  const { status } = await cluster.hands.apps.readNamespacedDeployment({ namespace, name: 'web' });
  return status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;
}

/** Pods of the checkout on a node. */
const onNode = async (node: string): Promise<string[]> =>
  (await cluster.podsOn(node)).filter(({ namespace }) => namespace === 'checkout').map((pod) => pod.name);

/** Asks for the end of a pod of the checkout as `kubectl drain` does; false when a budget says not now. */
async function evict(podName: string): Promise<boolean> {
  const metadata = { name: podName, namespace: 'checkout' };
  try {
    await cluster.hands.core.createNamespacedPodEviction({ ...metadata, body: { metadata } });
    return true;
  } catch (error) {
    if (error instanceof ApiException && error.code === 429) return false;
    throw error;
  }
}

/** Gives the checkout a disruption budget, in place of the one it had, and waits until it counts. */
async function keepAvailable(minAvailable: number, unhealthyPodEvictionPolicy?: string): Promise<void> {
  const place = { namespace: 'checkout', name: 'web' };
  await policy.deleteNamespacedPodDisruptionBudget(place).catch(() => undefined);
  const selector = { matchLabels: { app: 'web' } };
  const budget = {
    minAvailable,
    selector,
    ...(unhealthyPodEvictionPolicy ? { unhealthyPodEvictionPolicy } : {}),
  };
  const body = { metadata: { name: 'web' }, spec: budget };
  await policy.createNamespacedPodDisruptionBudget({ namespace: 'checkout', body });
  const counted = async (): Promise<boolean> => {
    const { metadata, status } = await policy.readNamespacedPodDisruptionBudget(place);
    return status?.observedGeneration === metadata?.generation && status?.expectedPods === 20;
  };
  await vi.waitUntil(counted, patience);
}

await kubernetesOrSkip('readiness gates in a rollout under the real controllers', () => {
  beforeAll(async () => {
    experiment = await Experiment.start([...['plain', ...Object.keys(gates)].map(webOf), vault], gates);
    cluster = experiment.cluster;
    policy = cluster.admin.makeApiClient(PolicyV1Api);
    const { device } = experiment.hub.simulator;
    const before = device.onChange;
    device.onChange = () => {
      before();
      for (const watch of Object.values(watches)) watch.look();
    };
    await cluster.hands.addNamespace('plain');
    for (let node = 1; node <= 4; node++) await cluster.addNode(`node-${node}`, `10.1.0.${node}`);
    await install('plain', 20, false);
    await install('checkout', 20);
    await install('hasty', 4);
    await install('patient', 4);
  });

  beforeEach(() => {
    for (const watch of Object.values(watches)) watch.begin();
  });

  afterAll(async () => {
    experiment?.print();
    for (const watch of Object.values(watches)) watch.stop();
    await experiment?.stop();
  });

  test('no pod gets traffic before the firewall lets it through, and none leaves before', async () => {
    await experiment.change({
      what: 'roll out 20 pods without gates',
      act: () => rollOut('plain'),
      over: settled('plain'),
    });
    // So it would be seen.
    expect(watchOf('plain').early.size).toBeGreaterThan(0);
    const watch = watchOf('checkout');
    const before = new Set(watch.ready.keys());
    await experiment.change({
      what: 'roll out 20 pods with gates',
      act: () => rollOut('checkout'),
      over: settled('checkout'),
    });
    expect([...watch.early]).toEqual([]);
    expect(watch.fewest).toBe(20);
    expect(uids(watch.ready).filter((uid) => before.has(uid))).toEqual([]);
    expect(await gatesOf('checkout')).toEqual(Array(20).fill('True Published'));
  });

  test('while the firewall does not answer the rollout stands still; then it goes on', async () => {
    const watch = watchOf('checkout');
    const before = new Set(watch.ready.keys());
    await rollOut('checkout');
    await vi.waitUntil(() => uids(watch.ready).some((uid) => !before.has(uid)), patience);
    const cut = silence();
    // What is written down as done is told yet.
    await vi.waitUntil(() => cut() > 1 && watch.waiting.length === 5, patience);
    const standing = uids(watch.ready);
    await delay(severalTries);
    expect(uids(watch.ready)).toEqual(standing);
    expect(standing).toHaveLength(20);
    expect(watch.waiting.map(gateOf)).toEqual(Array(5).fill(undefined));
    await vi.waitUntil(async () => (await progressOf('checkout')) === 'ProgressDeadlineExceeded', patience);
    answer();
    await vi.waitUntil(settled('checkout'), patience);
    await experiment.inStep();
    expect(await progressOf('checkout')).toBe('NewReplicaSetAvailable');
    expect([[...watch.early], watch.fewest]).toEqual([[], 20]);
  });

  test('when the time is over the gate opens, or stays shut, as the namespace has it', async () => {
    const [hasty, patient] = [watchOf('hasty'), watchOf('patient')];
    const before = uids(patient.ready);
    silence();
    await rollOut('hasty');
    await rollOut('patient');
    await vi.waitUntil(settled('hasty'), patience);
    await vi.waitUntil(() => patient.waiting.map(gateOf).join() === 'False NotPublishedInTime', patience);
    expect(await gatesOf('hasty')).toEqual(Array(4).fill('True NotPublishedInTime'));
    expect(hasty.early.size).toBeGreaterThan(0);
    expect(uids(patient.ready)).toEqual(before);
    answer();
    await vi.waitUntil(settled('patient'), patience);
    await experiment.inStep();
    expect(await gatesOf('patient')).toEqual(Array(4).fill('True Published'));
    expect(await gatesOf('hasty')).toEqual(Array(4).fill('True NotPublishedInTime'));
    expect([[...patient.early], patient.fewest]).toEqual([[], 4]);
  });

  test('a pod that waits is deleted as any other, and so is a namespace of them', async () => {
    const { core } = cluster.hands;
    const watch = watchOf('checkout');
    const before = uids(watch.ready);
    silence();
    await rollOut('checkout');
    await rollOut('hasty');
    await vi.waitUntil(() => watch.waiting.length === 5, patience);
    const [first] = watch.waiting;
    const [gone, uid] = [first?.metadata?.name ?? '', first?.metadata?.uid];
    await cluster.hands.deletePod('checkout', gone, 30);
    await vi.waitUntil(
      () => watch.waiting.length === 5 && !watch.waiting.some(({ metadata }) => metadata?.uid === uid),
      patience,
    );
    expect(uids(watch.ready)).toEqual(before);
    await core.deleteNamespace({ name: 'hasty' });
    const listed = async () => (await core.listNamespace()).items.map(({ metadata }) => metadata?.name);
    await vi.waitUntil(async () => !(await listed()).includes('hasty'), patience);
    answer();
    await vi.waitUntil(settled('checkout'), patience);
    await experiment.inStep();
    expect([[...watch.early], watch.fewest]).toEqual([[], 20]);
  });

  test('a disruption budget counts a pod once its gate is open, and lets those go that wait', async () => {
    const watch = watchOf('checkout');
    const waits = async (former?: string): Promise<string> => {
      const one = () => (watch.waiting.length === 1 ? watch.waiting[0]?.metadata?.name : undefined);
      // Of one that was just evicted the watch may not have heard yet.
      const isNew = () => one() !== undefined && one() !== former;
      await vi.waitUntil(() => isNew() && watch.ready.size === 19, patience);
      return one() ?? '';
    };
    await keepAvailable(19);
    await cluster.hands.cordon('node-1', true);
    const [first, second, ...rest] = await onNode('node-1');
    if (first === undefined || second === undefined) throw new Error('node-1 runs too few pods');
    silence();
    expect(await evict(first)).toBe(true);
    const waiting = await waits();
    await delay(severalTries);
    expect([await evict(second), await evict(waiting)]).toEqual([false, true]);
    const another = await waits(waiting);
    await keepAvailable(20);
    expect(await evict(another)).toBe(false);
    await keepAvailable(20, 'AlwaysAllow');
    expect([await evict(second), await evict(another)]).toEqual([false, true]);
    await keepAvailable(19);
    answer();
    for (const one of [second, ...rest]) await vi.waitUntil(() => evict(one), patience);
    await vi.waitUntil(
      async () => (await onNode('node-1')).length === 0 && watch.ready.size === 20,
      patience,
    );
    await experiment.inStep();
    expect([[...watch.early], watch.fewest]).toEqual([[], 19]);
    await policy.deleteNamespacedPodDisruptionBudget({ namespace: 'checkout', name: 'web' });
    await cluster.hands.cordon('node-1', false);
  });

  test('another process of the agent goes on with the rollout', async () => {
    const watch = watchOf('checkout');
    const before = new Set(watch.ready.keys());
    const fresh = () => uids(watch.ready).filter((uid) => !before.has(uid));
    await rollOut('checkout');
    await vi.waitUntil(() => fresh().length > 2, patience);
    await experiment.hub.stopAgent();
    // Of a condition that it wrote last something may come yet.
    await delay(1_000);
    await vi.waitUntil(() => watch.waiting.length === 5, patience);
    // Nobody tells the hub which pods go now, and who gets their addresses.
    const [serves = ''] = [...watch.ready.values()].flatMap(({ metadata }) => metadata?.name ?? []);
    const [waits = '', alsoWaits = ''] = watch.waiting.map(({ metadata }) => metadata?.name);
    for (const one of [serves, waits, alsoWaits]) await cluster.hands.deletePod('checkout', one);
    await vi.waitUntil(() => watch.ready.size === 19 && watch.waiting.length === 6, patience);
    const standing = uids(watch.ready);
    await delay(2_000);
    expect(uids(watch.ready)).toEqual(standing);
    experiment.hub.startAgent();
    await vi.waitUntil(settled('checkout'), patience);
    await experiment.inStep();
    expect([[...watch.early], watch.fewest]).toEqual([[], 19]);
    expect(fresh()).toHaveLength(20);
  });

  test('a pod waits for all its groups, and no more once it is ready', async () => {
    const { core } = cluster.hands;
    const create = (podName: string, labels: Record<string, string>) =>
      core.createNamespacedPod({
        namespace: 'checkout',
        body: { metadata: { name: podName, labels }, spec: spec(true) },
      });
    await create('of-none', { app: 'lone' });
    await vi.waitUntil(async () => isReady(await read('of-none')), patience);
    const opened = await read('of-none');
    expect([gateOf(opened), experiment.members('vault')]).toEqual(['True Published', []]);
    const cut = silence();
    await cluster.hands.label('checkout', 'of-none', { vault: 'yes' });
    await vi.waitUntil(() => cut() > 2, patience);
    const joining = await read('of-none');
    expect(joining.status).toEqual(opened.status);
    answer();
    await experiment.inStep();
    expect(experiment.members('vault')).toEqual([opened.status?.podIP]);
    // Its first group has it, its second has no room.
    await create('of-two', { app: 'web', vault: 'yes' });
    await vi.waitUntil(async () => (await experiment.hub.held()).length === 1, patience);
    await delay(severalTries);
    const { status } = await read('of-two');
    expect(experiment.members('checkout')).toContain(status?.podIP);
    expect(watchOf('checkout').waiting.map(({ metadata }) => metadata?.name)).toEqual(['of-two']);
    await cluster.hands.label('checkout', 'of-two', { vault: null });
    await vi.waitUntil(async () => isReady(await read('of-two')), patience);
    expect([...watchOf('checkout').early]).toEqual([]);
    for (const one of ['of-none', 'of-two']) await cluster.hands.deletePod('checkout', one);
    await experiment.inStep();
  });

  test('nobody failed in all of this, and nobody missed a state', () => {
    const { hub, witness } = experiment;
    expect(Object.values(watches).flatMap(({ failures }) => failures)).toEqual([]);
    expect([...witness.failures, ...hub.failures]).toEqual([]);
    expect(witness.strangers()).toEqual([]);
  });
});
