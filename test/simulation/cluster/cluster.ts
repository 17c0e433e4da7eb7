import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterSpec } from '../plan/spec.ts';
import type { AddressPool } from './addresses.ts';
import { Kubernetes, type Pod } from './kubernetes.ts';

export interface Workload {
  name: string;
  namespace: string;
  app: string;
  replicas: number;
  hostNetwork: boolean;
}

/** A cluster with its controllers: workloads make pods, pods get addresses a moment later and give them back when they go. */
export class Cluster {
  readonly spec: ClusterSpec;
  readonly api: Kubernetes;
  readonly workloads = new Map<string, Workload>();
  readonly #kernel: Kernel;
  readonly #pool: AddressPool;
  /** Told when a pod gets an address. */
  onAssigned: ((address: string) => void) | undefined;
  /** Told when a pod that is still listed lost its address to another one. */
  onDisplaced: ((uid: string) => void) | undefined;
  /** Pods whose machine is gone: what they had is free. */
  readonly #bereft = new Set<string>();
  #uids = 0;

  constructor(kernel: Kernel, spec: ClusterSpec, pool: AddressPool) {
    this.#kernel = kernel;
    this.spec = spec;
    this.#pool = pool;
    this.api = new Kubernetes(kernel);
  }

  addNode(): void {
    const uid = this.#uid('node');
    const address = `${this.spec.network}.255.${this.#uids % 250}`;
    this.#tell(`node ${uid} joins with ${address}`);
    this.api.put({ kind: 'node', uid, name: uid, labels: { app: 'node' }, address });
  }

  addNamespace(name: string, stage: string): void {
    if (this.#namespace(name)) return;
    this.#tell(`namespace ${name} is made, stage ${stage}`);
    const uid = this.#uid('ns');
    this.api.put({ kind: 'namespace', uid, name, labels: { stage }, created: Math.floor(this.#kernel.now) });
  }

  relabelNamespace(name: string, stage: string): void {
    const namespace = this.#namespace(name);
    if (!namespace) return;
    this.#tell(`namespace ${name} gets stage ${stage}`);
    this.api.put({ ...namespace, labels: { stage } });
  }

  deleteNamespace(name: string): void {
    const namespace = this.#namespace(name);
    if (!namespace) return;
    this.#tell(`namespace ${name} is deleted`);
    for (const workload of Array.from(this.workloads.values()))
      if (workload.namespace === name) this.workloads.delete(workload.name);
    for (const pod of this.podsOf((one) => one.namespace === name)) this.removePod(pod);
    this.api.remove(namespace);
  }

  /** Makes or changes a workload, and the pods that it takes. */
  scale(workload: Workload): void {
    if (!this.#namespace(workload.namespace)) return;
    this.#tell(`${workload.name} of ${workload.namespace} scales to ${workload.replicas}`);
    this.workloads.set(workload.name, workload);
    this.#control(workload);
  }

  /** Replaces its pods one after the other, each when the new one has had its time. */
  roll(name: string): void {
    const old = this.podsOf((pod) => pod.workload === name && !pod.ended);
    if (old.length > 0) this.#tell(`${name} rolls ${old.length} pods`);
    for (const [index, pod] of old.entries()) {
      this.#kernel.scheduler.after((index + 1) * 2_000, () => {
        const workload = this.workloads.get(name);
        if (!workload || this.api.pods.get(pod.uid)?.ended !== false) return;
        this.#makePod(workload);
        this.#kernel.scheduler.after(this.#kernel.dice.between(0, 6_000), () => this.removePod(pod));
      });
    }
  }

  relabelPod(pod: Pod, app: string): void {
    const now = this.api.pods.get(pod.uid);
    if (!now) return;
    this.#tell(`pod ${pod.uid} gets app ${app}`);
    this.api.put({ ...now, labels: { ...now.labels, app } });
  }

  /** It ended by itself: its record stays, its address does not. */
  endPod(pod: Pod): void {
    const now = this.api.pods.get(pod.uid);
    if (!now || now.ended) return;
    this.#tell(`pod ${pod.uid} ends`);
    this.api.put({ ...now, ended: true });
    this.#release(now);
    this.#controlLater(now.workload);
  }

  removePod(pod: Pod): void {
    const now = this.api.pods.get(pod.uid);
    if (!now) return;
    this.#tell(`pod ${pod.uid} is gone${now.address === undefined ? '' : ` with ${now.address}`}`);
    this.api.remove(now);
    if (!now.ended) this.#release(now);
    this.#controlLater(now.workload);
  }

  /**
   * A node is lost: some seconds later its pods are gone and made anew elsewhere. When the machine itself is gone its pods' addresses are
   * given to others meanwhile, while the pods are still listed, and are told again when the node is taken out.
   */
  loseNode(name: string): void {
    const node = [...this.api.nodes.values()].find((one) => one.name === name);
    if (!node || this.api.nodes.size < 2) return;
    const { dice, scheduler } = this.#kernel;
    const machineGone = dice.chance(0.5);
    this.#tell(`node ${name} is lost${machineGone ? ' with its machine' : ''}`);
    if (machineGone) for (const pod of this.podsOf((one) => one.node === name)) this.#bereave(pod);
    scheduler.after(machineGone ? dice.between(1_000, 20_000) : 0, () => this.api.remove(node));
    scheduler.after(dice.between(21_000, 50_000), () => {
      for (const pod of this.podsOf((one) => one.node === name)) this.removePod(pod);
    });
  }

  podsOf(fits: (pod: Pod) => boolean): Pod[] {
    return [...this.api.pods.values()].filter(fits);
  }

  #control(workload: Workload): void {
    const runs = (pod: Pod): boolean => !pod.ended && !this.#bereft.has(pod.uid);
    const pods = this.podsOf((pod) => pod.workload === workload.name && runs(pod));
    for (let missing = workload.replicas - pods.length; missing > 0; missing--) this.#makePod(workload);
    for (const pod of pods.slice(workload.replicas)) this.removePod(pod);
  }

  #controlLater(name: string): void {
    this.#kernel.scheduler.after(this.#kernel.dice.between(100, 3_000), () => {
      const workload = this.workloads.get(name);
      if (workload) this.#control(workload);
    });
  }

  #makePod(workload: Workload): void {
    const { app, hostNetwork, namespace } = workload;
    const node = this.#kernel.dice.pick([...this.api.nodes.values()]);
    if (!node) return;
    const uid = this.#uid('pod');
    const pod: Pod = {
      kind: 'pod',
      uid,
      name: uid,
      namespace,
      labels: { app },
      node: node.name,
      address: undefined,
      hostNetwork,
      ended: false,
      workload: workload.name,
    };
    this.api.put(pod);
    this.#kernel.scheduler.after(this.#kernel.dice.between(0, 2_000), () => this.#giveAddress(uid));
  }

  #giveAddress(uid: string): void {
    const pod = this.api.pods.get(uid);
    if (!pod || pod.address !== undefined || pod.ended) return;
    const node = [...this.api.nodes.values()].find(({ name }) => name === pod.node);
    const address = pod.hostNetwork ? node?.address : this.#pool.take();
    if (address === undefined) return;
    this.#tell(`pod ${uid} (app ${pod.labels['app']}, ${pod.namespace}) has ${address}`);
    this.onAssigned?.(address);
    this.api.put({ ...pod, address, started: Math.floor(this.#kernel.now / 1_000) * 1_000 });
  }

  #bereave({ uid, address, hostNetwork, ended, workload }: Pod): void {
    if (address === undefined || hostNetwork || ended || this.#bereft.has(uid)) return;
    this.#bereft.add(uid);
    this.#controlLater(workload);
    const onTaken = (): void => {
      if (!this.api.displace(uid)) return;
      this.#tell(`pod ${uid} is still listed, but ${address} is another pod's`);
      this.onDisplaced?.(uid);
    };
    // Pods tell when they started by whole seconds; no network gives the addresses of a lost machine away within one.
    this.#kernel.scheduler.after(1_000, () => this.#pool.giveBack(address, onTaken));
  }

  #release(pod: Pod): void {
    if (this.#bereft.delete(pod.uid)) return;
    if (pod.address !== undefined && !pod.hostNetwork) this.#pool.giveBack(pod.address);
  }

  #namespace(name: string) {
    return [...this.api.namespaces.values()].find((one) => one.name === name);
  }

  #uid(kind: string): string {
    this.#uids += 1;
    return `${kind}-${this.spec.name}-${this.#uids}`;
  }

  #tell(text: string): void {
    this.#kernel.tell(() => `cluster ${this.spec.name}: ${text}`);
  }
}
