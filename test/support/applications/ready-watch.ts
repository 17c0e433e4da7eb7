import type { KubeConfig, V1EndpointSlice, V1Pod } from '@kubernetes/client-node';
import { Mirror } from './mirror.ts';

/** Whose pods and what they need: a service of the namespace, which selects by `app`, and the addresses of its group on the firewall. */
export interface Watched {
  namespace: string;
  app: string;
  onFirewall: () => readonly string[];
}

/** A pod with traffic whose address is not on the firewall, and when that was seen, in milliseconds since 1970. */
interface Doubt {
  uid: string;
  address: string;
  at: number;
}

/**
 * Looks at the pods that get traffic, by their condition and by the EndpointSlices of their service, after each event of either and each change of the
 * firewall. A pod that is being deleted does not count: what leads to it is taken down in several places, in no order.
 */
export class ReadyWatch {
  #doubts: Doubt[] = [];
  /** When pods began to be deleted, milliseconds since 1970, by uid. */
  readonly #ends = new Map<string, number>();
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
    await this.#pods.start(`/api/v1/namespaces/${namespace}/pods`, `app=${app}`, (pod) => {
      this.#noteEnd(pod);
      look();
    });
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    await this.#slices.start(slices, `kubernetes.io/service-name=${app}`, look);
  }

  stop(): void {
    this.#pods.stop();
    this.#slices.stop();
  }

  begin(): void {
    this.#doubts = [];
    this.fewest = Infinity;
    this.look();
  }

  /**
   * Addresses of pods that got traffic while the firewall did not let them through. The firewall may be faster than our watch: of a pod that was
   * being deleted when it lost its address we hear afterwards.
   */
  get early(): Set<string> {
    const confirmed = this.#doubts.filter(({ uid, at }) => at < (this.#ends.get(uid) ?? Infinity));
    return new Set(confirmed.map(({ address }) => address));
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
    const ready = [...this.ready].map(([uid, { status }]) => ({ uid, address: status?.podIP ?? '' }));
    const living = new Set(this.#living.map(({ metadata }) => metadata?.uid));
    const sentTo = this.#sentTo().filter(({ uid }) => living.has(uid));
    for (const { uid = '', address } of [...ready, ...sentTo])
      if (!on.has(address)) this.#doubts.push({ uid, address, at: Date.now() });
    this.fewest = Math.min(this.fewest, ready.filter(({ address }) => on.has(address)).length);
  }

  /** The API tells by whole seconds when a pod has to be gone, and how long it was given. */
  #noteEnd({ metadata: { uid = '', deletionTimestamp, deletionGracePeriodSeconds = 0 } = {} }: V1Pod): void {
    if (deletionTimestamp === undefined) return;
    this.#ends.set(uid, new Date(deletionTimestamp).getTime() - deletionGracePeriodSeconds * 1_000);
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
