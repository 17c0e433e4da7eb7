import type { Cluster } from '../cluster.ts';
import { isPlayed, nodes } from '../kinds/node.ts';
import { pods } from '../kinds/pod.ts';
import { type ApiObject, isObject, type Json, type JsonObject, textOf } from '../model.ts';
import { parse, type Stored } from '../store/stored.ts';
import { deleteObject } from '../writes/delete.ts';
import type { AddressPlan } from './addresses.ts';
import { WorkQueue } from './work-queue.ts';

/** What the scheduler and the kubelet have to know of a node that runs pods. */
export interface PlayedNode {
  name: string;
  address: string;
  /** Pods it runs at most. */
  most: number;
  schedulable: boolean;
}

/** Brings nodes that run pods up: a range for their pods, an address, Ready. */
export class NodeController {
  readonly #cluster: Cluster;
  readonly #plan: AddressPlan;
  readonly #queue = new WorkQueue((key) => this.#reconcile(key));
  readonly played = new Map<string, PlayedNode>();
  /** A node is there or changed: pods on it, or that wait for one, have something to do. */
  onChange: (name: string, isNew: boolean) => void = () => undefined;
  /** Numbers the nodes, for addresses of those that bring none. */
  #last = 0;

  constructor(cluster: Cluster, plan: AddressPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    const collection = cluster.store.of(nodes);
    for (const { key } of collection.list()) this.#reconcile(key);
    collection.listen(({ stored, type }) => {
      if (type === 'DELETED') this.#lose(stored);
      else this.#queue.add(stored.key);
    });
  }

  stop(): void {
    this.#queue.stop();
  }

  #reconcile(key: string): void {
    const { store, writer } = this.#cluster;
    const stored = store.of(nodes).get(key);
    if (!stored) return;
    const node = parse(stored);
    if (!isPlayed(node.metadata.annotations)) return;
    const own = node.spec?.['podCIDR'];
    const range = this.#plan.rangeOf(key, typeof own === 'string' ? own : undefined);
    writer.modify(stored, (object) => {
      object.spec = { ...object.spec, ...(range === undefined ? {} : { podCIDR: range, podCIDRs: [range] }) };
      const taints = listed(object.spec['taints']).filter(
        (taint) => taint['key'] !== 'node.kubernetes.io/not-ready',
      );
      if (taints.length > 0) object.spec['taints'] = taints;
      else delete object.spec['taints'];
    });
    const setReady = (object: ApiObject): void => {
      object.status = runningStatus(object.status ?? {}, key, { time: writer.time, index: ++this.#last });
    };
    const ready = writer.modify(stored, setReady, 'status');
    const isNew = !this.played.has(key);
    this.played.set(key, describe(ready ?? stored));
    this.onChange(key, isNew);
  }

  /** A node that is deleted takes its pods with it. */
  #lose({ key }: Stored): void {
    this.played.delete(key);
    this.#plan.forget(key);
    const { now, store } = this.#cluster;
    for (const pod of store.of(pods).list()) {
      if (pod.fields['spec.nodeName'] === key) deleteObject(store, pod, { gracePeriodSeconds: 0 }, now());
    }
  }
}

function listed(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function runningStatus(
  status: JsonObject,
  name: string,
  { index, time }: { index: number; time: string },
): JsonObject {
  const ready = listed(status['conditions']).some(
    ({ status, type }) => type === 'Ready' && status === 'True',
  );
  if (ready) return status;
  const addresses = listed(status['addresses']);
  const own: JsonObject[] = [
    { type: 'InternalIP', address: `192.168.${(index >> 8) & 255}.${index & 255}` },
    { type: 'Hostname', address: name },
  ];
  const capacity = { cpu: '1k', memory: '1Ti', pods: '110' };
  return {
    capacity,
    allocatable: capacity,
    ...status,
    addresses: addresses.length > 0 ? addresses : own,
    phase: 'Running',
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
        reason: 'KubeletReady',
        message: 'the simulated kubelet is ready',
      },
    ],
  };
}

function describe(stored: Stored): PlayedNode {
  const { spec, status } = parse(stored);
  const internal = listed(status?.['addresses']).find(({ type }) => type === 'InternalIP');
  const allocatable = status?.['allocatable'];
  const most = Number(isObject(allocatable) ? allocatable['pods'] : 110);
  return {
    name: stored.name,
    address: textOf(internal?.['address']),
    most: Number.isFinite(most) ? most : 110,
    schedulable:
      spec?.['unschedulable'] !== true &&
      listed(spec?.['taints']).every(({ effect }) => effect !== 'NoSchedule'),
  };
}
