import type { V1Pod } from '@kubernetes/client-node';
import { expect, test, vi } from 'vitest';
import { parse } from '../../../lib/kubernetes/simulator/store/stored.ts';
import { mergePatch, type Simulated, simulated } from './simulated.ts';

const patience = { timeout: 15_000, interval: 10 };
const namespace = 'default';

function deployment(name: string, replicas: number) {
  const labels = { app: name };
  const containers = [{ name: 'c', image: 'registry.example/c:1' }];
  return {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

async function podsOf({ core }: Simulated, name: string): Promise<V1Pod[]> {
  return (await core.listNamespacedPod({ namespace, labelSelector: `app=${name}` })).items;
}

/** Waits until a Deployment has so many running pods and no others. */
async function running(world: Simulated, name: string, count: number): Promise<V1Pod[]> {
  return vi.waitUntil(async () => {
    const pods = await podsOf(world, name);
    const isRunning = pods.every(({ metadata, status }) => status?.podIP && !metadata?.deletionTimestamp);
    return pods.length === count && isRunning ? pods : undefined;
  }, patience);
}

test('a Deployment gets pods with names, nodes and addresses like those of a real cluster', async () => {
  const world = await simulated({ nodes: 3 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 30) });
  const pods = await running(world, 'web', 30);
  const nodes = new Map((await world.core.listNode()).items.map((node) => [node.metadata?.name, node]));

  const perNode = Map.groupBy(pods, ({ spec }) => spec?.nodeName ?? '');
  expect([...perNode.values()].map((list) => list.length)).toEqual([10, 10, 10]);
  for (const { metadata, spec, status } of pods) {
    expect(metadata?.name).toMatch(
      /^web-[bcdfghjklmnpqrstvwxz2456789]{10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
    );
    expect(metadata?.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', controller: true });
    expect(status).toMatchObject({ phase: 'Running', podIPs: [{ ip: status?.podIP }] });
    const range = nodes.get(spec?.nodeName)?.spec?.podCIDR ?? '';
    expect(range).toMatch(/^10\.128\.\d+\.0\/24$/);
    expect(status?.podIP?.startsWith(range.replace(/0\/24$/, ''))).toBe(true);
  }
  expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(30);
  const { status } = await world.apps.readNamespacedDeployment({ namespace, name: 'web' });
  expect(status).toMatchObject({
    replicas: 30,
    readyReplicas: 30,
    availableReplicas: 30,
    updatedReplicas: 30,
  });
});

test('addresses come back after all others were used, and are never given twice', async () => {
  // 32 addresses: 29 for pods.
  const world = await simulated({ nodes: 1, nodePrefix: 27 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 40) });
  const first = await vi.waitUntil(async () => {
    const pods = (await podsOf(world, 'web')).filter(({ status }) => status?.podIP);
    return pods.length === 29 ? pods : undefined;
  }, patience);
  expect(new Set(first.map(({ status }) => status?.podIP)).size).toBe(29);

  const gone = first[7]!;
  await world.core.deleteNamespacedPod({ namespace, name: gone.metadata!.name! });
  const heir = await vi.waitUntil(async () => {
    const pods = await podsOf(world, 'web');
    return pods.find(
      ({ metadata, status }) => status?.podIP === gone.status?.podIP && metadata?.uid !== gone.metadata?.uid,
    );
  }, patience);
  expect(heir.spec?.nodeName).toBe('node-1');
});

test('a rolling update never has fewer pods than it may, and ends with new ones alone', async () => {
  const world = await simulated({ nodes: 2 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 8) });
  const before = await running(world, 'web', 8);
  // Every state that ever was, as somebody who watches sees it.
  let fewest = Infinity;
  let most = 0;
  const { cluster } = world.simulator;
  const pods = cluster.store.of({ group: '', plural: 'pods' });
  pods.listen(() => {
    const serving = pods
      .list(namespace)
      .filter(({ deleting, fields }) => fields['status.podIP'] && !deleting).length;
    fewest = Math.min(fewest, serving);
    most = Math.max(most, pods.list(namespace).filter(({ deleting }) => !deleting).length);
  });
  const annotations = { restarted: 'now' };
  const body = { spec: { template: { metadata: { annotations } } } };
  await world.apps.patchNamespacedDeployment({ namespace, name: 'web', body }, mergePatch);
  const names = new Set(before.map(({ metadata }) => metadata?.name));
  await vi.waitUntil(async () => {
    const after = await running(world, 'web', 8);
    return after.every(({ metadata }) => !names.has(metadata?.name));
  }, patience);
  expect(fewest).toBeGreaterThanOrEqual(6);
  expect(most).toBeLessThanOrEqual(10);
  const { items } = await world.apps.listNamespacedReplicaSet({ namespace });
  expect(new Set(items.map(({ spec }) => spec?.replicas))).toEqual(new Set([0, 8]));
});

test('a drained node is empty, its pods are elsewhere', async () => {
  const world = await simulated({ nodes: 2 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 6) });
  const pods = await running(world, 'web', 6);
  await world.core.patchNode({ name: 'node-1', body: { spec: { unschedulable: true } } }, mergePatch);
  for (const { metadata, spec } of pods) {
    if (spec?.nodeName !== 'node-1') continue;
    const name = metadata?.name ?? '';
    await world.core.createNamespacedPodEviction({ namespace, name, body: { metadata: { name } } });
  }
  const after = await running(world, 'web', 6);
  expect(new Set(after.map(({ spec }) => spec?.nodeName))).toEqual(new Set(['node-2']));
});

test('a pod whose label was taken away is left alone and replaced', async () => {
  const world = await simulated({ nodes: 1 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 2) });
  const [taken] = await running(world, 'web', 2);
  const name = taken?.metadata?.name ?? '';
  await world.core.patchNamespacedPod(
    { namespace, name, body: { metadata: { labels: { app: 'debug' } } } },
    mergePatch,
  );
  await running(world, 'web', 2);
  const left = await vi.waitUntil(async () => {
    const pod = await world.core.readNamespacedPod({ namespace, name });
    return pod.metadata?.ownerReferences === undefined ? pod : undefined;
  }, patience);
  expect(left.status?.podIP).toBe(taken?.status?.podIP);
});

test('what a Deployment owned goes with it, and stays when it is orphaned', async () => {
  const world = await simulated({ nodes: 1 });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('gone', 3) });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('kept', 3) });
  await running(world, 'gone', 3);
  await running(world, 'kept', 3);
  await world.apps.deleteNamespacedDeployment({ namespace, name: 'gone' });
  await world.apps.deleteNamespacedDeployment({ namespace, name: 'kept', propagationPolicy: 'Orphan' });
  await vi.waitUntil(async () => (await podsOf(world, 'gone')).length === 0, patience);
  expect(await running(world, 'kept', 3)).toHaveLength(3);
  const { items } = await world.apps.listNamespacedReplicaSet({ namespace });
  expect(items.map(({ metadata }) => metadata?.name?.split('-')[0])).toEqual(['kept']);
});

test('a deleted namespace goes after everything in it; a deleted node takes its pods', async () => {
  const world = await simulated({ nodes: 2 });
  await world.core.createNamespace({ body: { metadata: { name: 'shop' } } });
  await world.apps.createNamespacedDeployment({ namespace: 'shop', body: deployment('web', 4) });
  await world.core.createNamespacedConfigMap({ namespace: 'shop', body: { metadata: { name: 'c' } } });
  const list = async () => (await world.core.listNamespacedPod({ namespace: 'shop' })).items;
  const all = await vi.waitUntil(async () => {
    const pods = await list();
    return pods.length === 4 && pods.every(({ status }) => status?.podIP) ? pods : undefined;
  }, patience);
  const lost = all.filter(({ spec }) => spec?.nodeName === 'node-1');
  expect(lost.length).toBe(2);
  await world.core.deleteNode({ name: 'node-1' });
  await vi.waitUntil(async () => {
    const pods = await list();
    return (
      pods.length === 4 && pods.every(({ spec, status }) => spec?.nodeName === 'node-2' && status?.podIP)
    );
  }, patience);

  await world.core.deleteNamespace({ name: 'shop' });
  const names = async () => (await world.core.listNamespace()).items.map(({ metadata }) => metadata?.name);
  await vi.waitUntil(async () => !(await names()).includes('shop'), patience);
  for (const collection of world.simulator.cluster.store.collections.values()) {
    expect(collection.list('shop').map((stored) => parse(stored))).toEqual([]);
  }
});

test('on a node without the annotation nothing happens by itself', async () => {
  const world = await simulated();
  await world.core.createNode({ body: { metadata: { name: 'bare' } } });
  const containers = [{ name: 'c', image: 'i' }];
  await world.core.createNamespacedPod({
    namespace,
    body: { metadata: { name: 'p' }, spec: { nodeName: 'bare', containers } },
  });
  await world.apps.createNamespacedDeployment({ namespace, body: deployment('web', 1) });
  await vi.waitUntil(async () => (await podsOf(world, 'web')).length === 1, patience);
  expect((await world.core.readNamespacedPod({ namespace, name: 'p' })).status).toMatchObject({
    phase: 'Pending',
  });
  expect((await podsOf(world, 'web'))[0]?.spec?.nodeName).toBeUndefined();

  // A node that runs pods comes: the one that waits goes there.
  const annotations = { 'kwok.x-k8s.io/node': 'fake' };
  await world.core.createNode({ body: { metadata: { name: 'played', annotations } } });
  expect((await running(world, 'web', 1))[0]?.spec?.nodeName).toBe('played');
});
