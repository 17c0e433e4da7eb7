import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { ZonebridgeError } from '../../core/errors.ts';
import { now } from '../cluster.ts';
import { nodes, pods } from './groups.ts';
import { same, type Stage } from './stage.ts';

async function ours({ cluster, shop }: Stage): Promise<V1Pod[]> {
  return cluster.pods(shop.namespace, 'app=storefront');
}

/** Addresses of the storefront's pods as the cluster has them. */
async function podAddresses(stage: Stage): Promise<string[]> {
  return (await ours(stage)).flatMap(
    ({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? status?.podIP ?? [],
  );
}

async function inStep(stage: Stage): Promise<boolean> {
  return same(stage.members(pods), await podAddresses(stage));
}

/** As many pods, with the firewall in step. */
async function has(stage: Stage, count: number): Promise<boolean> {
  return (await ours(stage)).length === count && stage.members(pods).length >= count && inStep(stage);
}

function shown(stage: Stage): string {
  return stage.members(pods).join(', ') || 'empty';
}

async function notRunning({ shop }: Stage): Promise<ZonebridgeError> {
  const why = (await shop.obstacles?.()) ?? [];
  const reasons = why.length === 0 ? '' : `: ${why.join('; ')}`;
  const seconds = shop.patienceMs / 1000;
  return new ZonebridgeError(
    'demo/pods-not-running',
    `within ${seconds} s no pod of the storefront had an address that is on the firewall${reasons}`,
  );
}

/** What happens in any cluster. */
export async function playStart(stage: Stage): Promise<void> {
  await stage.step('group fills', pods, {
    act: () => stage.shop.open(),
    wanted: async () => has(stage, 1),
    what: () => `the storefront starts: ${shown(stage)}`,
    inCluster: true,
  });
  // Nothing of the rest could happen, and each step would wait for it.
  if (stage.steps.some(({ ok }) => !ok)) throw await notRunning(stage);
  await stage.step('scale 1 -> 2', pods, {
    act: () => stage.cluster.scale(stage.shop.namespace, 'storefront', 2),
    wanted: async () => has(stage, 2),
    what: () => `a second pod: ${shown(stage)}`,
    inCluster: true,
    propagation: true,
  });
}

export async function playLabel(stage: Stage): Promise<void> {
  const { cluster, shop } = stage;
  const [labelled] = await ours(stage);
  const name = labelled?.metadata?.name ?? '';
  const address = labelled?.status?.podIP ?? '';
  await stage.step('label changes', pods, {
    act: () => cluster.label(shop.namespace, name, { app: 'debug' }),
    wanted: async () => !stage.members(pods).includes(address) && (await inStep(stage)),
    what: () => `${name} is taken out for debugging: ${address} left`,
    inCluster: true,
    propagation: true,
  });
  await cluster.deletePod(shop.namespace, name, shop.graceSeconds);
}

/** A pod goes, and its Deployment makes another one. */
export async function playReplacement(stage: Stage): Promise<void> {
  const { cluster, shop } = stage;
  const [first] = await ours(stage);
  const name = first?.metadata?.name ?? '';
  await stage.step('pod replaced', pods, {
    act: () => cluster.deletePod(shop.namespace, name, shop.graceSeconds),
    wanted: async () =>
      (await has(stage, 2)) && (await ours(stage)).every(({ metadata }) => metadata?.name !== name),
    what: () => `${name} was deleted, another pod has its place: ${shown(stage)}`,
    inCluster: true,
    propagation: true,
  });
}

/** A rolling update that leaves a node; for clusters whose nodes are ours. */
export async function playMove(stage: Stage): Promise<void> {
  const { cluster, shop } = stage;
  const before = await ours(stage);
  const names = new Set(before.map((pod) => pod.metadata?.name));
  const from = before[0]?.spec?.nodeName ?? '';
  await cluster.cordon(from, true);
  await stage.step('pods move', pods, {
    act: () => cluster.restart(shop.namespace, 'storefront'),
    wanted: async () => {
      const running = await ours(stage);
      const moved = running.length === 2 && running.every((pod) => !names.has(pod.metadata?.name));
      return moved && (await inStep(stage));
    },
    what: () => `a rolling update leaves ${from}: ${stage.members(pods).join(', ')}`,
  });
  await cluster.cordon(from, false);
}

export async function playDrain(stage: Stage): Promise<void> {
  const { cluster, shop } = stage;
  const running = await ours(stage);
  const node = running[0]?.spec?.nodeName ?? '';
  await cluster.cordon(node, true);
  const drained = running.filter((pod) => pod.spec?.nodeName === node);
  await stage.step('node drained', pods, {
    act: async () => {
      let at = now();
      for (const pod of drained) at = await cluster.deletePod(shop.namespace, pod.metadata?.name ?? '');
      return at;
    },
    wanted: async () =>
      stage.members(pods).length === 2 &&
      (await inStep(stage)) &&
      (await ours(stage)).every((pod) => pod.spec?.nodeName !== node),
    what: () => `${node} is empty, its ${drained.length === 1 ? 'pod is' : 'pods are'} elsewhere`,
    propagation: true,
  });
  await cluster.cordon(node, false);
}

export async function playNodes(stage: Stage): Promise<void> {
  const hosts = async (): Promise<number> =>
    new Set((await ours(stage)).map((pod) => pod.spec?.nodeName ?? '')).size;
  await stage.step('node group follows', nodes, {
    act: async () => now(),
    wanted: async () => stage.members(nodes).length === (await hosts()),
    what: () => `nodes with a storefront pod, on the 6.4: ${stage.members(nodes).join(', ')}`,
  });
}

/** Another pod gets the address in the same second, before anybody hears of the end of the first. */
export async function playReuse(stage: Stage): Promise<void> {
  const { cluster, shop } = stage;
  const { namespace } = shop;
  const address = '10.250.0.7';
  await cluster.createPod(namespace, { name: 'ticket', node: 'node-x', labels: { app: 'storefront' } });
  await stage.step('pod by hand', pods, {
    act: () => cluster.runPod(namespace, 'ticket', address),
    wanted: () => stage.members(pods).includes(address),
    what: () => `ticket runs on a node of its own with ${address}`,
    propagation: true,
  });
  await cluster.createPod(namespace, { name: 'batch', node: 'node-x', labels: { app: 'batch' } });
  await stage.step('address reused', pods, {
    act: () => cluster.runPod(namespace, 'batch', address),
    wanted: () => !stage.members(pods).includes(address),
    what: () => `${address} belongs to another pod now: it left the group at once`,
    propagation: true,
  });
  await cluster.deletePod(namespace, 'ticket');
  await cluster.deletePod(namespace, 'batch');
}

/** The firewall is away for a while; the cluster goes on. */
export async function playOutage(stage: Stage, milliseconds: number): Promise<void> {
  const { cluster, shop } = stage;
  const { simulator } = stage.view(pods);
  const down = simulator.down(milliseconds);
  await cluster.scale(shop.namespace, 'storefront', 4);
  await delay(Math.min(milliseconds, 2000));
  await stage.step('firewall back', pods, {
    act: async () => {
      await down;
      return now();
    },
    wanted: async () => has(stage, 4),
    what: () => `away for ${milliseconds / 1000} s while the shop scaled to 4: caught up`,
  });
}
