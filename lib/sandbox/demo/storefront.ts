import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../cluster.ts';
import type { Groups } from '../configuration.ts';
import { nodes, pods, same, type Stage } from './stage.ts';

const manifests = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'examples',
  'storefront',
  'kubernetes',
  'storefront.yaml',
);
const shop = "kubernetes.io/metadata.name == 'shop'";
const ours = 'app=storefront';

/** The groups of the storefront; `select` can be mistaken on purpose. */
export function storefrontGroups(select = "app == 'storefront'"): Groups {
  const common = {
    namespaces: shop,
    usedIn: 'allow',
    owner: 'team-shop@example.com',
    reviewBy: '2027-03-01',
  };
  return {
    storefront: {
      ...common,
      addresses: 'pod',
      select,
      maxMembers: 200,
      publish: [{ firewall: pods.firewall, channel: pods.channel, create: 'own', mode: 'sync' }],
    },
    'storefront-nodes': {
      ...common,
      addresses: 'node',
      select: "app == 'storefront'",
      maxMembers: 50,
      publish: [
        {
          firewall: nodes.firewall,
          channel: nodes.channel,
          create: 'own',
          mode: 'sync',
          onForeignAdd: 'remove',
        },
      ],
    },
  };
}

/** Addresses of the storefront's pods as the cluster has them. */
async function podAddresses(stage: Stage): Promise<string[]> {
  return (await stage.cluster.pods('shop', ours)).map((pod) => pod.status?.podIP ?? '');
}

async function inStep(stage: Stage): Promise<boolean> {
  return same(stage.members(pods), await podAddresses(stage));
}

/** What happens in the cluster: each change is on the firewall before the traffic needs it. */
export async function playCluster(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const shown = (): string => stage.members(pods).join(', ') || 'empty';
  await stage.step('group fills', pods, {
    act: () => cluster.applyFile(manifests),
    wanted: async () => stage.members(pods).length === 1 && (await inStep(stage)),
    what: () => `the storefront starts: ${shown()}`,
  });
  await stage.step('scale 1 -> 2', pods, {
    act: () => cluster.scale('shop', 'storefront', 2),
    wanted: async () => stage.members(pods).length === 2 && (await inStep(stage)),
    what: () => `a second pod: ${shown()}`,
    propagation: true,
  });
  await playMove(stage);
  const [labelled] = await cluster.pods('shop', ours);
  const name = labelled?.metadata?.name ?? '';
  const address = labelled?.status?.podIP ?? '';
  await stage.step('label changes', pods, {
    act: () => cluster.label('shop', name, { app: 'debug' }),
    wanted: async () => !stage.members(pods).includes(address) && (await inStep(stage)),
    what: () => `${name} is taken out for debugging: ${address} left`,
    propagation: true,
  });
  await cluster.deletePod('shop', name);
  await playDrain(stage);
  await playReuse(stage);
}

async function playMove(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const before = await cluster.pods('shop', ours);
  const names = new Set(before.map((pod) => pod.metadata?.name));
  const from = before[0]?.spec?.nodeName ?? '';
  await cluster.cordon(from, true);
  await stage.step('pods move', pods, {
    act: () => cluster.restart('shop', 'storefront'),
    wanted: async () => {
      const running = await cluster.pods('shop', ours);
      const moved = running.length === 2 && running.every((pod) => !names.has(pod.metadata?.name));
      return moved && (await inStep(stage));
    },
    what: () => `a rolling update leaves ${from}: ${stage.members(pods).join(', ')}`,
  });
  await cluster.cordon(from, false);
}

async function playDrain(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const running = await cluster.pods('shop', ours);
  const node = running[0]?.spec?.nodeName ?? '';
  await cluster.cordon(node, true);
  const drained = running.filter((pod) => pod.spec?.nodeName === node);
  await stage.step('node drained', pods, {
    act: async () => {
      let at = now();
      for (const pod of drained) at = await cluster.deletePod('shop', pod.metadata?.name ?? '');
      return at;
    },
    wanted: async () =>
      stage.members(pods).length === 2 &&
      (await inStep(stage)) &&
      (await cluster.pods('shop', ours)).every((pod) => pod.spec?.nodeName !== node),
    what: () => `${node} is empty, its ${drained.length === 1 ? 'pod is' : 'pods are'} elsewhere`,
    propagation: true,
  });
  await cluster.cordon(node, false);
  const hosts = new Set((await cluster.pods('shop', ours)).map((pod) => pod.spec?.nodeName ?? ''));
  await stage.step('node group follows', nodes, {
    act: async () => now(),
    wanted: () => stage.members(nodes).length === hosts.size,
    what: () => `nodes with a storefront pod, on the 6.4: ${stage.members(nodes).join(', ')}`,
  });
}

/** Another pod gets the address in the same second, before anybody hears of the end of the first. */
async function playReuse(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const address = '10.250.0.7';
  await cluster.createPod('shop', { name: 'ticket', node: 'node-x', labels: { app: 'storefront' } });
  await stage.step('pod by hand', pods, {
    act: () => cluster.runPod('shop', 'ticket', address),
    wanted: () => stage.members(pods).includes(address),
    what: () => `ticket runs on a node of its own with ${address}`,
    propagation: true,
  });
  await cluster.createPod('shop', { name: 'batch', node: 'node-x', labels: { app: 'batch' } });
  await stage.step('address reused', pods, {
    act: () => cluster.runPod('shop', 'batch', address),
    wanted: () => !stage.members(pods).includes(address),
    what: () => `${address} belongs to another pod now: it left the group at once`,
    propagation: true,
  });
  await cluster.deletePod('shop', 'ticket');
  await cluster.deletePod('shop', 'batch');
}

/** The firewall is away for a while; the cluster goes on. */
export async function playOutage(stage: Stage, milliseconds: number): Promise<void> {
  const { cluster } = stage;
  const { simulator } = stage.view(pods);
  const down = simulator.down(milliseconds);
  await cluster.scale('shop', 'storefront', 4);
  await delay(Math.min(milliseconds, 2000));
  await stage.step('firewall back', pods, {
    act: async () => {
      await down;
      return now();
    },
    wanted: async () => stage.members(pods).length === 4 && (await inStep(stage)),
    what: () => `away for ${milliseconds / 1000} s while the shop scaled to 4: caught up`,
  });
}
