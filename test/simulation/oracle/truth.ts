import type { Cluster } from '../cluster/cluster.ts';
import type { Pod } from '../cluster/kubernetes.ts';
import type { GroupSpec, HubSpec } from '../plan/spec.ts';

/** `group|realm|address` */
export type Wish = string;

/** What a hub's groups should hold, from the clusters' own objects by comparing labels; shares no code with the product. */
export class Truth {
  /** Wishes of each endpoint as of the last look. */
  /** Pods as they were at one time or another: what the hub still knows of them is judged under a new configuration, too. */
  readonly #past = new Map<string, { pod: Pod; scope: Scope }[]>();
  readonly #present = new Map<string, { pod: Pod; scope: Scope }>();
  readonly #wishes = new Map<string, ReadonlySet<Wish>>();
  /** What was ever wanted, and what some endpoint ever stopped wanting. */
  readonly everWanted = new Set<Wish>();
  readonly everLeft = new Set<Wish>();
  /** Wishes that came or went so far. */
  changes = 0;
  spec: HubSpec;
  readonly #clusters: readonly Cluster[];

  constructor(spec: HubSpec, clusters: readonly Cluster[]) {
    this.spec = spec;
    this.#clusters = clusters;
  }

  /** Looks at everything again. */
  look(): void {
    for (const cluster of this.#clusters) this.lookAt(cluster);
    for (const { pod, scope } of [...this.#past.values()].flat()) {
      for (const wish of this.#wishesOf(pod, scope)) {
        this.everWanted.add(wish);
        this.everLeft.add(wish);
      }
    }
  }

  /** Looks at one cluster again, or at one pod of it. */
  lookAt(cluster: Cluster, uid?: string): void {
    const known = [...this.#wishes.keys()].filter((endpoint) => endpoint.startsWith(`${cluster.spec.name}/`));
    const pods = uid === undefined ? [...cluster.api.pods.keys()] : [uid];
    const endpoints = new Set(pods.map((one) => `${cluster.spec.name}/pod/${one}`));
    const scope = scopeOf(cluster);
    for (const endpoint of uid === undefined ? new Set([...known, ...endpoints]) : endpoints) {
      const pod = cluster.api.pods.get(endpoint.slice(endpoint.lastIndexOf('/') + 1));
      this.#remember(endpoint, pod, scope);
      this.#set(endpoint, pod ? this.#wishesOf(pod, scope) : new Set());
    }
  }

  /** Addresses of a group as seen by a firewall of some realms, sorted. */
  wanted(group: string, realms: readonly string[]): string[] {
    const found = new Set<string>();
    for (const wishes of this.#wishes.values()) {
      for (const wish of wishes) {
        const [name = '', realm = '', address = ''] = wish.split('|');
        if (name === group && realms.includes(realm)) found.add(address);
      }
    }
    return [...found].sort();
  }

  /** Endpoints, as `cluster/kind/uid`, that want it. */
  wantedBy(wish: Wish): string[] {
    return [...this.#wishes].filter(([, wishes]) => wishes.has(wish)).map(([endpoint]) => endpoint);
  }

  all(): Map<string, ReadonlySet<Wish>> {
    return this.#wishes;
  }

  /** A state that is over is past; the present one is not. */
  #remember(endpoint: string, pod: Pod | undefined, scope: Scope): void {
    const before = this.#present.get(endpoint);
    if (before && before.pod !== pod) this.#past.set(endpoint, [...(this.#past.get(endpoint) ?? []), before]);
    if (pod) this.#present.set(endpoint, { pod, scope });
    else this.#present.delete(endpoint);
  }

  #set(endpoint: string, now: ReadonlySet<Wish>): void {
    const before = this.#wishes.get(endpoint) ?? new Set();
    for (const wish of now) if (!before.has(wish)) this.#comes(wish);
    for (const wish of before) if (!now.has(wish)) this.#goes(wish);
    if (now.size > 0) this.#wishes.set(endpoint, now);
    else this.#wishes.delete(endpoint);
  }

  #comes(wish: Wish): void {
    this.changes += 1;
    this.everWanted.add(wish);
  }

  #goes(wish: Wish): void {
    this.changes += 1;
    this.everLeft.add(wish);
  }

  #wishesOf(pod: Pod, { realm, stages, nodes }: Scope): Set<Wish> {
    const wishes = new Set<Wish>();
    for (const group of this.spec.groups) {
      if (!selects(group, pod, stages)) continue;
      const address = group.addresses === 'node' ? nodes.get(pod.node) : ownAddress(pod);
      if (address !== undefined) wishes.add(`${group.name}|${realm}|${address}`);
    }
    return wishes;
  }
}

/** What a pod's wishes depend on beside itself. */
interface Scope {
  realm: string;
  stages: ReadonlyMap<string, string | undefined>;
  nodes: ReadonlyMap<string, string>;
}

function scopeOf({ api, spec }: Cluster): Scope {
  return {
    realm: spec.realm,
    stages: new Map([...api.namespaces.values()].map(({ name, labels }) => [name, labels['stage']])),
    nodes: new Map([...api.nodes.values()].map((node) => [node.name, node.address])),
  };
}

function selects(group: GroupSpec, pod: Pod, stages: ReadonlyMap<string, string | undefined>): boolean {
  if (pod.address === undefined || pod.ended) return false;
  if (!group.apps.includes(pod.labels['app'] ?? '')) return false;
  if (group.namespaces !== undefined && !group.namespaces.includes(pod.namespace)) return false;
  return group.stage === undefined || stages.get(pod.namespace) === group.stage;
}

function ownAddress(pod: Pod): string | undefined {
  return pod.hostNetwork ? undefined : pod.address;
}
