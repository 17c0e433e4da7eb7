import type { EndpointRecord } from '../model/endpoint.ts';

/** Pods that have the same source address as the members of a node group, because they run on the same nodes. */
export interface SharedSource {
  /** Nodes of the group. */
  nodes: number;
  /** Pods on them that the group does not select. */
  pods: number;
  /** Different workloads among them (namespace and app). */
  workloads: number;
  /** The first few, those with the most pods first. Hostile text. */
  first: readonly Workload[];
  /** All their namespaces, sorted. */
  namespaces: readonly string[];
}

export interface Workload {
  namespace: string;
  /** As its labels name it, otherwise the pod's name. */
  app: string;
  pods: number;
}

const shown = 5;

/** Labels that name an application, the first one that is there counts: the recommended one, the usual one, that of system components. */
const appLabels = ['app.kubernetes.io/name', 'app', 'k8s-app'];

interface Tally extends Workload {
  hostNetwork: boolean;
}

/** Finds who shares the nodes of one group in one cluster, from its endpoints in any order. Memory: one tally for each workload on each node. */
export class Neighbours {
  readonly #nodes = new Set<string>();
  readonly #others = new Map<string, Map<string, Tally>>();

  add(record: EndpointRecord, selected: boolean): void {
    if (record.addresses.length === 0) return;
    const node = record.kind === 'node' ? record.name : record.node;
    if (node === undefined) return;
    if (selected) this.#nodes.add(node);
    else if (record.kind === 'pod') this.#tally(node, record);
  }

  /** With `hostNetworkOnly` only pods in the network of the node count: where others arrive with addresses of their own. */
  result({ hostNetworkOnly }: { hostNetworkOnly: boolean }): SharedSource {
    const workloads = new Map<string, Workload>();
    for (const node of this.#nodes)
      for (const { namespace, app, pods, hostNetwork } of this.#others.get(node)?.values() ?? []) {
        if (hostNetworkOnly && !hostNetwork) continue;
        const key = `${namespace}/${app}`;
        workloads.set(key, { namespace, app, pods: pods + (workloads.get(key)?.pods ?? 0) });
      }
    const all = [...workloads.values()].sort(
      (a, b) => b.pods - a.pods || compare(a.namespace, b.namespace) || compare(a.app, b.app),
    );
    return {
      nodes: this.#nodes.size,
      pods: all.reduce((sum, { pods }) => sum + pods, 0),
      workloads: all.length,
      first: all.slice(0, shown),
      namespaces: [...new Set(all.map(({ namespace }) => namespace))].sort(compare),
    };
  }

  #tally(node: string, { namespace = '', labels, name, hostNetwork }: EndpointRecord): void {
    const label = appLabels.find((one) => Object.hasOwn(labels, one));
    const app = (label === undefined ? undefined : labels[label]) || name;
    const onNode = this.#others.get(node) ?? new Map<string, Tally>();
    this.#others.set(node, onNode);
    const key = `${hostNetwork ? 'host' : 'own'}/${namespace}/${app}`;
    const known = onNode.get(key);
    if (known) known.pods += 1;
    else onNode.set(key, { namespace, app, pods: 1, hostNetwork });
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** One sentence for people; undefined when nobody shares anything. */
export function sharedText({ nodes, pods, workloads, first }: SharedSource): string | undefined {
  if (pods === 0) return undefined;
  const names = first.map(
    ({ namespace, app, pods: count }) => `${namespace}/${app}${count > 1 ? ` (${count})` : ''}`,
  );
  const more = workloads > first.length ? ` and ${workloads - first.length} more workloads` : '';
  const others = pods === 1 ? '1 other pod' : `${pods} other pods`;
  const where = nodes === 1 ? 'its node' : `its ${nodes} nodes`;
  return `the same access goes to ${others} on ${where}: ${names.join(', ')}${more}`;
}
