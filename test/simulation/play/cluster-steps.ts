import type { Cluster, Workload } from '../cluster/cluster.ts';
import type { Pod } from '../cluster/kubernetes.ts';
import type { ClusterStep } from '../plan/steps.ts';
import type { ClusterSide } from '../world.ts';

/** Workloads that no step touches: what they publish must never leave a firewall. */
const stable = 'stable';
const nodesMax = 6;

/** Nodes, namespaces and a first workload, so that there is something to change. */
export function settleCluster({ cluster }: ClusterSide): void {
  for (let count = 0; count < 3; count++) cluster.addNode();
  for (const [name, stage] of [
    ['shop', 'prod'],
    ['pay', 'prod'],
    ['lab', 'test'],
    ['still', 'prod'],
  ] as const)
    cluster.addNamespace(name, stage);
  for (const app of ['web', 'db'])
    cluster.scale({ name: `${stable}-${app}`, namespace: 'still', app, replicas: 2, hostNetwork: false });
  cluster.scale({ name: 'shop-web', namespace: 'shop', app: 'web', replicas: 5, hostNetwork: false });
}

/** The pod, workload or node that a step means. */
interface Turn {
  cluster: Cluster;
  choice: number;
  pod: Pod | undefined;
  workload: Workload | undefined;
}

type Simple = Extract<ClusterStep, { do: SimpleName }>['do'];
type SimpleName = 'roll' | 'drop workload' | 'end pod' | 'remove pod' | 'lose node' | 'add node';

const simple: Record<Simple, (turn: Turn) => void> = {
  roll: ({ cluster, workload }) => workload && cluster.roll(workload.name),
  'drop workload': ({ cluster, workload }) => workload && cluster.scale({ ...workload, replicas: 0 }),
  'end pod': ({ cluster, pod }) => pod && cluster.endPod(pod),
  'remove pod': ({ cluster, pod }) => pod && cluster.removePod(pod),
  'add node': ({ cluster }) => {
    if (cluster.api.nodes.size < nodesMax) cluster.addNode();
  },
  'lose node': ({ cluster, choice }) => {
    const nodes = [...cluster.api.nodes.values()].filter(({ name }) => !carriesStable(cluster, name));
    cluster.loseNode(chosen(nodes, choice)?.name ?? '');
  },
};

export function playCluster({ cluster }: ClusterSide, step: ClusterStep): void {
  const { choice } = step;
  const workloads = [...cluster.workloads.values()].filter(({ name }) => !name.startsWith(stable));
  const pods = cluster.podsOf((one) => !one.workload.startsWith(stable) && one.address !== undefined);
  const [workload, pod] = [chosen(workloads, choice), chosen(pods, choice)];
  switch (step.do) {
    case 'scale': {
      const { app, hostNetwork, namespace, replicas } = step;
      return cluster.scale({ name: `${namespace}-${app}`, namespace, app, replicas, hostNetwork });
    }
    case 'rescale':
      return workload && cluster.scale({ ...workload, replicas: step.replicas });
    case 'relabel pod':
      return pod && cluster.relabelPod(pod, step.app);
    case 'add namespace':
      return cluster.addNamespace(step.namespace, step.stage);
    case 'relabel namespace':
      return cluster.relabelNamespace(step.namespace, step.stage);
    case 'delete namespace':
      return cluster.deleteNamespace(step.namespace);
    case 'roll':
    case 'drop workload':
    case 'end pod':
    case 'remove pod':
    case 'lose node':
    case 'add node':
      return simple[step.do]({ cluster, choice, pod, workload });
  }
}

function chosen<T>(all: readonly T[], choice: number): T | undefined {
  return all[choice % Math.max(1, all.length)];
}

function carriesStable(cluster: Cluster, node: string): boolean {
  return cluster.podsOf((pod) => pod.node === node && pod.workload.startsWith(stable)).length > 0;
}
