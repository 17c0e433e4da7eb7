import type { KubeConfig, V1EndpointSlice, V1Pod } from '@kubernetes/client-node';
import { Mirror } from './mirror.ts';

/** Whose pods and what they need: a service of the namespace, which selects by `app`, and the addresses of its group on the firewall. */
export interface Watched {
  namespace: string;
  app: string;
  onFirewall: () => readonly string[];
}

/**
 * Looks at the pods that get traffic, by their condition and by the EndpointSlices of their service, after each event of either and each change of the
 * firewall. A pod that is being deleted does not count: what leads to it is taken down in several places, in no order.
 */
export class ReadyWatch {
  /** Pods that got traffic while the firewall did not let them through. */
  readonly early = new Set<string>();
  /** The fewest pods at once that got traffic and were let through, since `begin`. */
  fewest = Infinity;
  readonly #watched: Watched;
  readonly #pods: Mirror<V1Pod>;
  readonly #slices: Mirror<V1EndpointSlice>;

  constructor(config: KubeConfig, watched: Watched) {
    this.#watched = watched;
    this.#pods = new Mirror(config);
    this.#slices = new Mirror(config);
  }

  async start(): Promise<void> {
    const { app, namespace } = this.#watched;
    const look = (): void => this.look();
    await this.#pods.start(`/api/v1/namespaces/${namespace}/pods`, `app=${app}`, look);
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await this.#slices.start(slices, `kubernetes.io/service-name=${app}`, look);
  }

  stop(): void {
    this.#pods.stop();
    this.#slices.stop();
  }

  begin(): void {
    this.early.clear();
    this.fewest = Infinity;
    this.look();
  }

  get failures(): unknown[] {
    return [this.#pods.failure, this.#slices.failure].filter((failure) => failure !== undefined);
  }

  /** Pods that get traffic now, by uid. */
  get ready(): Map<string, V1Pod> {
    const ready = this.#living.filter(({ status }) =>
      status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    );
    return new Map(ready.map((pod) => [pod.metadata?.uid ?? '', pod]));
  }

  /** Pods with an address that get none. */
  get waiting(): V1Pod[] {
    const { ready } = this;
    return this.#living.filter(({ metadata, status }) => status?.podIP && !ready.has(metadata?.uid ?? ''));
  }

  /** How many endpoints its service sends traffic to. */
  get endpoints(): number {
    return this.#sentTo().length;
  }

  look(): void {
    const on = new Set(this.#watched.onFirewall());
    const ready = [...this.ready.values()].map(({ status }) => status?.podIP ?? '');
    const living = new Set(this.#living.map(({ metadata }) => metadata?.uid));
    const sentTo = this.#sentTo().filter(({ uid }) => living.has(uid));
    for (const address of [...ready, ...sentTo.map((one) => one.address)])
      if (!on.has(address)) this.early.add(address);
    this.fewest = Math.min(this.fewest, ready.filter((address) => on.has(address)).length);
  }

  get #living(): V1Pod[] {
    return this.#pods.objects.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  }

  #sentTo(): { uid: string | undefined; address: string }[] {
    return this.#slices.objects.flatMap(({ endpoints }) =>
      (endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready)
        .map(({ addresses, targetRef }) => ({ uid: targetRef?.uid, address: addresses[0] ?? '' })),
    );
  }
}
