import type { Cluster } from '../cluster.ts';
import { pods } from '../kinds/pod.ts';
import { type ApiObject, isObject, type JsonObject } from '../model.ts';
import { parse, type Stored } from '../store/stored.ts';
import { assign } from '../subresources.ts';
import { deleteObject } from '../writes/delete.ts';
import type { AddressPlan } from './addresses.ts';
import type { NodeController, PlayedNode } from './nodes.ts';
import { WorkQueue } from './work-queue.ts';

/** Scheduler, kubelet and network plugin of the nodes that run pods: a node, an address, Running, and the end. */
export class PodController {
  readonly #cluster: Cluster;
  readonly #nodes: NodeController;
  readonly #plan: AddressPlan;
  readonly #queue = new WorkQueue((key) => this.#reconcile(key));
  /** Pods of each node. */
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Set<string>();

  constructor(cluster: Cluster, nodes: NodeController, plan: AddressPlan) {
    this.#cluster = cluster;
    this.#nodes = nodes;
    this.#plan = plan;
    const collection = cluster.store.of(pods);
    for (const stored of collection.list()) this.#enter(stored);
    collection.listen(({ before, stored, type }) => {
      if (before?.fields['spec.nodeName']) this.#leave(before, type === 'DELETED');
      if (type !== 'DELETED') this.#enter(stored);
    });
    nodes.onChange = (name, isNew) => {
      for (const key of this.#waiting) this.#queue.add(key);
      for (const pod of isNew ? collection.list() : []) {
        if (pod.fields['spec.nodeName'] === name) this.#queue.add(pod.key);
      }
    };
  }

  stop(): void {
    this.#queue.stop();
  }

  #enter(stored: Stored): void {
    const { 'spec.nodeName': node, 'status.podIP': address } = stored.fields;
    if (node) {
      this.#counts.set(node, (this.#counts.get(node) ?? 0) + 1);
      if (address) this.#plan.mark(node, address);
    }
    this.#queue.add(stored.key);
  }

  #leave(stored: Stored, isGone: boolean): void {
    const { 'spec.nodeName': node = '', 'status.podIP': address } = stored.fields;
    this.#counts.set(node, (this.#counts.get(node) ?? 1) - 1);
    if (isGone && address) {
      this.#plan.release(node, address);
    }
    // Room for one is room for one: which of them does not matter.
    const [next] = this.#waiting;
    if (isGone && next !== undefined) this.#queue.add(next);
  }

  #reconcile(key: string): void {
    const { now, store } = this.#cluster;
    this.#waiting.delete(key);
    const pod = store.of(pods).get(key);
    if (!pod) return;
    const { 'spec.nodeName': name = '', 'status.phase': phase, 'status.podIP': address } = pod.fields;
    if (name === '') {
      if (!pod.deleting) this.#schedule(pod);
      return;
    }
    const node = this.#nodes.played.get(name);
    if (!node) return;
    if (pod.deleting) deleteObject(store, pod, { gracePeriodSeconds: 0 }, now());
    else if (phase === 'Pending' && address === '') this.#run(pod, node);
  }

  /** The node with the fewest pods; without one the pod waits until something changes. */
  #schedule(pod: Stored): void {
    let best: PlayedNode | undefined;
    let fewest = Infinity;
    for (const node of this.#nodes.played.values()) {
      const count = this.#counts.get(node.name) ?? 0;
      if (!node.schedulable || count >= node.most || count >= fewest || this.#plan.free(node.name) === 0)
        continue;
      best = node;
      fewest = count;
    }
    if (best) assign(pod, best.name, this.#cluster);
    else this.#waiting.add(pod.key);
  }

  #run(stored: Stored, node: PlayedNode): void {
    const { store, writer } = this.#cluster;
    const pod = parse(stored);
    const usesHost = pod.spec?.['hostNetwork'] === true;
    const address = usesHost ? node.address : this.#plan.take(node.name);
    if (address === undefined) {
      this.#waiting.add(stored.key);
      return;
    }
    pod.status = runningStatus(pod, address, { node, time: writer.time });
    store.put(pods, pod);
  }
}

function runningStatus(
  pod: ApiObject,
  address: string,
  { node, time }: { node: PlayedNode; time: string },
): JsonObject {
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: time });
  const containers = pod.spec?.['containers'];
  return {
    ...pod.status,
    phase: 'Running',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    hostIP: node.address,
    hostIPs: [{ ip: node.address }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: time,
    containerStatuses: (Array.isArray(containers) ? containers : [])
      .filter(isObject)
      .map(({ image, name }) => ({
        name: name ?? '',
        state: { running: { startedAt: time } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: image ?? '',
        imageID: '',
        started: true,
      })),
  };
}
