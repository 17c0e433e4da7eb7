import type { Kind } from '../../../cluster-agent/lib/ports.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** What the cluster really has; the agent hears of it by the API, the oracle looks here. */
export interface Pod {
  kind: 'pod';
  uid: string;
  name: string;
  namespace: string;
  labels: Record<string, string>;
  node: string;
  /** Undefined before it has one. */
  address: string | undefined;
  /** Milliseconds since 1970; undefined before it has an address. */
  started?: number;
  hostNetwork: boolean;
  /** It ended; its address may be given away. */
  ended: boolean;
  /** Its machine is gone and its address another pod's, though the API still lists it as it was. */
  displaced?: true;
  /** The workload that made it. */
  workload: string;
}

export interface Node {
  kind: 'node';
  uid: string;
  name: string;
  labels: Record<string, string>;
  address: string;
}

export interface Namespace {
  kind: 'namespace';
  uid: string;
  name: string;
  labels: Record<string, string>;
  created: number;
}

export type Resource = Pod | Node | Namespace;

/** One thing that happened, in the order in which the API tells it. */
export interface LogEntry {
  version: number;
  kind: Kind;
  type: 'upsert' | 'remove';
  uid: string;
  object: unknown;
}

/** The Kubernetes API of one cluster: current objects, and the log from which watches are served. */
export class Kubernetes {
  readonly pods = new Map<string, Pod>();
  readonly nodes = new Map<string, Node>();
  readonly namespaces = new Map<string, Namespace>();
  readonly log: LogEntry[] = [];
  version = 1;
  /** Versions before it cannot be resumed. */
  compacted = 0;
  /** Told after every change. */
  readonly watchers: ((entry: LogEntry) => void)[] = [];
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  objects(kind: Kind): unknown[] {
    return [...this.#of(kind).values()].map((one) => objectOf(one));
  }

  put(resource: Resource): void {
    this.#of(resource.kind).set(resource.uid, resource);
    this.#happen(resource, 'upsert');
  }

  /** What really is, and no event tells. */
  displace(uid: string): boolean {
    const pod = this.pods.get(uid);
    if (pod) this.pods.set(uid, { ...pod, displaced: true });
    return pod !== undefined;
  }

  remove(resource: Resource): void {
    if (!this.#of(resource.kind).delete(resource.uid)) return;
    this.#happen(resource, 'remove');
  }

  /** Older versions are forgotten: a watch that wants to go on from one of them is told that it is gone. */
  compact(): void {
    this.compacted = this.version;
    this.log.splice(0);
  }

  #of(kind: Kind): Map<string, Resource> {
    const all: Record<Kind, Map<string, unknown>> = {
      pod: this.pods,
      node: this.nodes,
      namespace: this.namespaces,
      service: new Map(),
      ingress: new Map(),
    };
    return all[kind] as Map<string, Resource>;
  }

  #happen(resource: Resource, type: 'upsert' | 'remove'): void {
    this.version += 1;
    const entry = {
      version: this.version,
      kind: resource.kind,
      type,
      uid: resource.uid,
      object: objectOf(resource),
    };
    this.log.push(entry);
    this.#kernel.mix(type);
    for (const watch of this.watchers.slice()) watch(entry);
  }
}

function objectOf(resource: Resource): unknown {
  const { uid, name, labels } = resource;
  const metadata = { uid, name, labels: { ...labels } };
  if (resource.kind === 'pod') return podObject(resource, metadata);
  if (resource.kind === 'node')
    return { metadata, status: { addresses: [{ type: 'InternalIP', address: resource.address }] } };
  return { metadata: { ...metadata, creationTimestamp: new Date(resource.created).toISOString() } };
}

function podObject(pod: Pod, metadata: object): unknown {
  const { address, ended, hostNetwork, namespace, node, started } = pod;
  const status =
    address === undefined
      ? { phase: 'Pending' }
      : {
          phase: 'Running',
          podIP: address,
          podIPs: [{ ip: address }],
          startTime: new Date(started ?? 0).toISOString(),
        };
  return {
    metadata: { ...metadata, namespace },
    spec: { nodeName: node, serviceAccountName: 'default', ...(hostNetwork ? { hostNetwork } : {}) },
    status: ended ? { ...status, phase: 'Succeeded' } : status,
  };
}
