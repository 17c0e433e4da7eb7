import {
  type EndpointRecord,
  endpointId,
  isServiceKind,
  parseEndpointId,
} from '../../lib/core/model/endpoint.ts';
import type { ChangeCause } from '../../lib/core/model/messages.ts';
import { stableJson } from '../../lib/core/model/content-hash.ts';
import { joinPod, joinService, nodeRecord } from '../../lib/kubernetes/join.ts';
import type {
  NamespaceProjection,
  NodeProjection,
  PodProjection,
  Projection,
} from '../../lib/kubernetes/projection.ts';
import type { ServiceProjection } from '../../lib/kubernetes/services.ts';
import type { Claimant } from './claim-order.ts';
import type { Kind, Seen, ServicesTold, Touch } from './ports.ts';
import { Services } from './services.ts';
import { SharedLabels } from './shared-labels.ts';
import { SetIndex } from './set-index.ts';

/**
 * The projections of everything in the cluster, and their joins. A change of a namespace or node touches its pods, one of a namespace
 * its services, too.
 *
 * A pod or service whose namespace is not known yet has no record: with labels missing, a selector that asks for their absence would
 * match. The namespace's arrival, over its own watch, touches it. A namespace that is gone is kept for as long as something
 * names it, because the watches of two kinds come in no order.
 */
export class Store {
  readonly #pods = new Map<string, PodProjection>();
  readonly #nodes = new Map<string, NodeProjection>();
  readonly #namespaces = new Map<string, NamespaceProjection>();
  readonly #nodesByName = new Map<string, NodeProjection>();
  readonly #podsByNode = new SetIndex();
  readonly #podsByNamespace = new SetIndex();
  readonly #goneNamespaces = new Set<string>();
  readonly #labels = new SharedLabels();
  readonly #services: Services;
  readonly #touch: Touch;
  /** The hub takes services and ingresses; until then they are no endpoints. */
  tellServices = false;

  constructor(touch: Touch, services: ServicesTold = 'off') {
    this.#touch = touch;
    this.#services = new Services(services, (id, cause) => {
      if (this.tellServices) touch(id, cause);
    });
  }

  get endpoints(): number {
    return this.#pods.size + this.#nodes.size + (this.tellServices ? this.#services.size : 0);
  }

  /** For what is said of the whole cluster: whether it holds services. */
  get servicesTold(): { services?: true } {
    return this.tellServices && this.#services.mode !== 'off' ? { services: true } : {};
  }

  /** How many nodes there are, and how many of them EKS Auto Mode runs. */
  get nodes(): { all: number; auto: number } {
    const nodes = [...this.#nodes.values()];
    const auto = nodes.filter(({ labels }) => labels['eks.amazonaws.com/compute-type'] === 'auto');
    return { all: nodes.length, auto: auto.length };
  }

  upsert(projection: Projection, seen: Seen): void {
    switch (projection.kind) {
      case 'pod':
        return this.#upsertPod(projection, seen);
      case 'node':
        return this.#upsertNode(projection, seen);
      case 'namespace':
        return this.#upsertNamespace(projection);
      case 'service':
      case 'ingress':
        return this.#upsertService(projection, seen);
    }
  }

  remove(projection: Pick<Projection, 'kind' | 'uid' | 'name'>, seen: Seen): void {
    const { kind, uid, name } = projection;
    if (isServiceKind(kind)) this.#removeService(endpointId({ kind, uid }), seen);
    else if (kind === 'pod') this.#removePod(uid, seen);
    else if (kind === 'node') this.#removeNode(uid, seen);
    else if (this.#namespaces.get(name)?.uid === uid) this.#removeNamespace(name);
  }

  /** Takes a complete listing of a kind; what is not in it is gone, unless `inferRemovals` is false. */
  replace(kind: Kind, projections: readonly Projection[], options: { inferRemovals: boolean }): void {
    const listed = new Set(projections.map(({ uid }) => uid));
    // Removals first: a node or namespace made anew under its old name must not be taken for the old one.
    for (const old of options.inferRemovals ? this.#known(kind) : []) {
      if (!listed.has(old.uid)) this.remove(old, 'relist');
    }
    for (const projection of projections) this.upsert(projection, 'relist');
  }

  #known(kind: Kind): Pick<Projection, 'kind' | 'uid' | 'name'>[] {
    if (isServiceKind(kind)) return this.#services.of(kind);
    return [...{ pod: this.#pods, node: this.#nodes, namespace: this.#namespaces }[kind].values()];
  }

  /** Whether the endpoint exists, with or without a record. */
  has(id: string): boolean {
    const { kind, uid } = parseEndpointId(id);
    if (isServiceKind(kind)) return this.tellServices && this.#services.get(id) !== undefined;
    return kind === 'pod' ? this.#pods.has(uid) : this.#nodes.has(uid);
  }

  /** The joined record, made anew each time; undefined for what is gone, and for a pod or service whose namespace is not known yet. */
  record(id: string): EndpointRecord | undefined {
    const { kind, uid } = parseEndpointId(id);
    if (isServiceKind(kind)) {
      const service = this.tellServices ? this.#services.get(id) : undefined;
      const around = service && this.#namespaces.get(service.namespace);
      return service && around && joinService(service, around);
    }
    if (kind === 'node') {
      const node = this.#nodes.get(uid);
      return node && nodeRecord(node);
    }
    const pod = this.#pods.get(uid);
    const namespace = pod && this.#namespaces.get(pod.namespace);
    if (!pod || !namespace) return undefined;
    return joinPod(pod, namespace, pod.node === undefined ? undefined : this.#nodesByName.get(pod.node));
  }

  /** The pod as it was seen last. */
  pod(uid: string): PodProjection | undefined {
    return this.#pods.get(uid);
  }

  /** Pods with addresses of their own. */
  *claimants(): Generator<Claimant> {
    for (const uid of this.#pods.keys()) {
      const claimant = this.claimant(uid);
      if (claimant) yield claimant;
    }
  }

  /** Undefined for a pod that has no address of its own. */
  claimant(uid: string): Claimant | undefined {
    const pod = this.#pods.get(uid);
    if (!pod || pod.hostNetwork || pod.addresses.length === 0) return undefined;
    return { id: endpointId(pod), addresses: pod.addresses, started: pod.started };
  }

  /** Labels of a namespace; undefined when it is not known. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    return this.#namespaces.get(name)?.labels;
  }

  /** Nodes before pods before services. */
  *ids(): Generator<string> {
    for (const uid of this.#nodes.keys()) yield endpointId({ kind: 'node', uid });
    for (const uid of this.#pods.keys()) yield endpointId({ kind: 'pod', uid });
    if (this.tellServices) yield* this.serviceIds();
  }

  /** Services and ingresses that are told, or will be. */
  serviceIds(): Iterable<string> {
    return this.#services.ids();
  }

  #upsertPod(pod: PodProjection, seen: Seen): void {
    const old = this.#pods.get(pod.uid);
    if (old && same(old, pod)) return;
    if (old) this.#unlink(old);
    this.#pods.set(pod.uid, { ...pod, labels: this.#labels.shared(pod.labels) });
    this.#podsByNamespace.add(pod.namespace, pod.uid);
    if (pod.node !== undefined) this.#podsByNode.add(pod.node, pod.uid);
    this.#touch(endpointId(pod), seen, { isAddressed: !same(old?.addresses ?? [], pod.addresses) });
  }

  #removePod(uid: string, seen: Seen): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    this.#unlink(pod);
    this.#forgetNamespace(pod.namespace);
    this.#touch(endpointId(pod), seen);
  }

  #upsertService(service: ServiceProjection, seen: Seen): void {
    this.#services.upsert(service, seen);
    // It may have left what is told.
    this.#forgetNamespace(service.namespace);
  }

  #removeService(id: string, seen: Seen): void {
    const service = this.#services.get(id);
    this.#services.remove(id, seen);
    if (service) this.#forgetNamespace(service.namespace);
  }

  #unlink(pod: PodProjection): void {
    this.#podsByNamespace.delete(pod.namespace, pod.uid);
    if (pod.node !== undefined) this.#podsByNode.delete(pod.node, pod.uid);
  }

  #upsertNode(node: NodeProjection, seen: Seen): void {
    const old = this.#nodes.get(node.uid);
    if (old && same(old, node)) return;
    const before = this.#nodesByName.get(node.name)?.addresses;
    this.#nodes.set(node.uid, node);
    this.#nodesByName.set(node.name, node);
    this.#touch(endpointId(node), seen);
    if (!before || !same(before, node.addresses)) this.#touchPods(this.#podsByNode.get(node.name), 'node');
  }

  #removeNode(uid: string, seen: Seen): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.#nodes.delete(uid);
    this.#touch(endpointId(node), seen);
    if (this.#nodesByName.get(node.name)?.uid !== uid) return;
    this.#nodesByName.delete(node.name);
    this.#touchPods(this.#podsByNode.get(node.name), 'node');
  }

  #upsertNamespace(namespace: NamespaceProjection): void {
    this.#goneNamespaces.delete(namespace.name);
    const old = this.#namespaces.get(namespace.name);
    this.#namespaces.set(namespace.name, namespace);
    if (old && same(old, namespace)) return;
    this.#touchPods(this.#podsByNamespace.get(namespace.name), 'namespace');
    this.#services.touchIn(namespace.name);
  }

  /** A namespace that is gone goes with the last that named it. */
  #forgetNamespace(name: string): void {
    if (this.#goneNamespaces.has(name)) this.#removeNamespace(name);
  }

  #removeNamespace(name: string): void {
    const used = this.#podsByNamespace.get(name).size > 0 || this.#services.has(name);
    if (used) {
      this.#goneNamespaces.add(name);
    } else {
      this.#goneNamespaces.delete(name);
      this.#namespaces.delete(name);
    }
  }

  #touchPods(uids: ReadonlySet<string>, cause: ChangeCause): void {
    for (const uid of uids) this.#touch(endpointId({ kind: 'pod', uid }), cause);
  }
}

function same(a: unknown, b: unknown): boolean {
  return stableJson(a) === stableJson(b);
}
