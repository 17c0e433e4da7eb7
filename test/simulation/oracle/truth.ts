import type { Cluster } from '../cluster/cluster.ts';
import type { Pod } from '../cluster/kubernetes.ts';
import { type GroupSpec, type HubSpec, inRangesOf } from '../plan/spec.ts';

/** `group|realm|address` */
export type Wish = string;

/** A person's order as it was given: an address in every realm, or the own addresses of a pod. */
export interface Quarantined {
  /** Undefined for a pod that has no address yet. */
  address: string | undefined;
  /** Undefined: every realm. */
  realm: string | undefined;
  /** Pod that is followed. */
  uid: string | undefined;
}

/** What a hub's groups should hold, from the clusters' own objects by comparing labels; shares no code with the product. */
export class Truth {
  /** Pods as they were at one time or another: what the hub still knows of them is judged under a new configuration, too. */
  readonly #past = new Map<string, { pod: Pod; scope: Scope }[]>();
  readonly #present = new Map<string, { pod: Pod; scope: Scope }>();
  /** Wishes of each endpoint as of the last look. */
  readonly #wishes = new Map<string, ReadonlySet<Wish>>();
  /** Orders in force, by target. */
  readonly quarantines = new Map<string, Quarantined>();
  /** When the hub first stored a pod with an address. */
  readonly #heard = new Map<string, number>();
  /** Addresses of pods as the hub has them stored, by uid. */
  readonly #stored = new Map<string, readonly string[]>();
  /** Addresses that an order ever concerned. */
  readonly everQuarantined = new Set<string>();
  /** What changed last because of a configuration. */
  readonly byConfiguration = new Set<Wish>();
  /** When an endpoint last began to want it. */
  readonly cameAt = new Map<Wish, number>();
  /** When the last endpoint stopped wanting it. */
  readonly leftAt = new Map<Wish, number>();
  /** Pods that ever had an address, by their uids. */
  readonly everHeldBy = new Map<string, Set<string>>();
  /** When something happened in a cluster to whoever has an address, and when its realm's pods had it last. */
  readonly touchedAt = new Map<string, number>();
  /** What was ever wanted, and what some endpoint ever stopped wanting. */
  readonly everWanted = new Set<Wish>();
  readonly everLeft = new Set<Wish>();
  /** What a pod was listed with whose address nobody had any more, or whose end was not told yet: nothing tells the hub so. */
  readonly everListed = new Set<Wish>();
  spec: HubSpec;
  readonly #clusters: readonly Cluster[];
  readonly #now: () => number;

  constructor(spec: HubSpec, clusters: readonly Cluster[], now: () => number) {
    this.spec = spec;
    this.#clusters = clusters;
    this.#now = now;
  }

  /** Looks at everything again. */
  look(): void {
    for (const cluster of this.#clusters)
      for (const wish of this.#lookAt(cluster)) this.byConfiguration.add(wish);
    for (const { pod, scope } of [...this.#past.values()].flat()) {
      const wishes = this.#wishesOf(pod, scope);
      for (const wish of wishes) {
        this.everWanted.add(wish);
        this.everLeft.add(wish);
      }
      // Who has not heard of the change since gives up what the state that he knows of does not get any more.
      for (const wish of this.#possibleWishes(pod, scope))
        if (!wishes.has(wish) && this.everWanted.has(wish)) this.everLeft.add(wish);
    }
  }

  /** Looks at one cluster again, or at one pod of it. */
  lookAt(cluster: Cluster, uid?: string): void {
    for (const wish of this.#lookAt(cluster, uid)) {
      this.touchedAt.set(wish.slice(wish.lastIndexOf('|') + 1), this.#now());
      this.byConfiguration.delete(wish);
    }
  }

  /** Returns what came or went. */
  #lookAt(cluster: Cluster, uid?: string): Wish[] {
    const changed: Wish[] = [];
    const known = [...this.#wishes.keys()].filter((endpoint) => endpoint.startsWith(`${cluster.spec.name}/`));
    const pods = uid === undefined ? [...cluster.api.pods.keys()] : [uid];
    const endpoints = new Set(pods.map((one) => `${cluster.spec.name}/pod/${one}`));
    const scope = scopeOf(cluster);
    for (const endpoint of uid === undefined ? new Set([...known, ...endpoints]) : endpoints) {
      const pod = cluster.api.pods.get(endpoint.slice(endpoint.lastIndexOf('/') + 1));
      if (uid !== undefined) this.#touch(endpoint, pod, scope);
      this.#remember(endpoint, pod, scope);
      changed.push(...this.#set(endpoint, pod ? this.#wishesOf(pod, scope) : new Set()));
    }
    this.#lookAtUnheld();
    if (uid === undefined) this.#lookAtUnheardEnds(cluster);
    return changed;
  }

  /**
   * Pods whose end the hub has not heard of: an agent that stood still may hear of their namespace or node first, and tell them with what that
   * is now.
   */
  #lookAtUnheardEnds(cluster: Cluster): void {
    const scope = scopeOf(cluster);
    for (const [endpoint, states] of this.#past) {
      if (!endpoint.startsWith(`${cluster.spec.name}/`)) continue;
      const last = states.findLast(({ pod }) => !pod.ended)?.pod;
      const now = this.#present.get(endpoint)?.pod;
      const isUnheard = last !== undefined && (this.#stored.get(last.uid)?.length ?? 0) > 0;
      if (!isUnheard || (now !== undefined && !now.ended)) continue;
      for (const wish of this.#wishesOf(last, scope)) this.everListed.add(wish);
    }
  }

  /** Dead pods that are listed with an address which another one got, and has no more. */
  #lookAtUnheld(): void {
    for (const { pod, scope } of this.#present.values()) {
      if (!pod.displaced || pod.address === undefined || this.holderOf(pod.address) !== undefined) continue;
      const { displaced: _, ...listed } = pod;
      for (const wish of this.#wishesOf(listed, scope)) this.everListed.add(wish);
    }
  }

  /** Addresses of a group as seen by a firewall of some realms, sorted; what people ordered stands above what clusters want. */
  wanted(group: Pick<GroupSpec, 'name' | 'usedIn'>, realms: readonly string[]): string[] {
    const found = new Set<string>();
    const denies = group.usedIn === 'deny';
    for (const wishes of this.#wishes.values()) {
      for (const wish of wishes) {
        const [name = '', realm = '', address = ''] = wish.split('|');
        if (name !== group.name || !realms.includes(realm)) continue;
        if (denies || !this.isQuarantined(realm, address)) found.add(address);
      }
    }
    if (denies) {
      for (const order of this.quarantines.values()) {
        const { address, realm } = order;
        if (address === undefined || !this.#couldBeKnown(order)) continue;
        if (realm === undefined || realms.includes(realm)) found.add(address);
      }
    }
    return [...found].sort();
  }

  /** The hub stores an endpoint: it knows these addresses of it from now on. */
  heard(uid: string, addresses: readonly string[]): void {
    this.#stored.set(uid, addresses);
    for (const address of addresses) {
      const known = `${uid} ${address}`;
      this.#heard.set(known, this.#heard.get(known) ?? this.#now());
    }
  }

  /** When the hub first knew that a pod has an address; undefined: it does not. */
  heardAt(uid: string, address: string): number | undefined {
    return this.#heard.get(`${uid} ${address}`);
  }

  /** A pod that was quarantined by its name, and was gone before its address reached the hub, has none that anybody could deny. */
  #couldBeKnown({ uid, address }: Quarantined): boolean {
    if (uid === undefined || this.#heard.has(`${uid} ${address ?? ''}`)) return true;
    return [...this.#present.values()].some(({ pod }) => pod.uid === uid && !pod.ended);
  }

  /** A person ordered an address, or a pod with its own addresses, out of everything. */
  quarantine(target: string, ordered: readonly string[]): void {
    const one = this.#targetOf(target);
    // Whoever orders it may have looked before the pod ended.
    if (this.#isOver(one) && !ordered.includes(one.address ?? '')) one.address = undefined;
    this.quarantines.set(target, one);
    if (one.address !== undefined) this.everQuarantined.add(one.address);
  }

  /** A pod that has ended, as the hub knows: it has no address any more. */
  #isOver({ uid, address }: Quarantined): boolean {
    if (uid === undefined || address === undefined) return false;
    const lives = [...this.#present.values()].some(({ pod }) => pod.uid === uid && !pod.ended);
    return !lives && this.#stored.get(uid)?.includes(address) === false;
  }

  isQuarantined(realm: string, address: string): boolean {
    for (const one of this.quarantines.values())
      if (one.address === address && (one.realm === undefined || one.realm === realm)) return true;
    return false;
  }

  /** The pod that has the address now. */
  holderOf(address: string): string | undefined {
    for (const { pod } of this.#present.values()) if (pod.address === address && isIts(pod)) return pod.uid;
    return undefined;
  }

  /** Clusters that share a subnet both had it: one that is heard late may claim what the other has by now. */
  isShared(address: string): boolean {
    const clusters = [...(this.everHeldBy.get(address) ?? [])].map((uid) => uid.split('-')[1]);
    return new Set(clusters).size > 1;
  }

  /** A pod is named `cluster/namespace/name`; its name is its uid here. */
  #targetOf(target: string): Quarantined {
    const [cluster = '', , uid] = target.split('/');
    if (uid === undefined) return { address: target, realm: undefined, uid: undefined };
    const side = this.#clusters.find(({ spec }) => spec.name === cluster);
    const known =
      this.#present.get(`${cluster}/pod/${uid}`) ?? this.#past.get(`${cluster}/pod/${uid}`)?.at(-1);
    return { address: known?.pod.address, realm: side?.spec.realm, uid };
  }

  #holds(address: string, uid: string): void {
    this.touchedAt.set(address, this.#now());
    const known = this.everHeldBy.get(address);
    if (known) known.add(uid);
    else this.everHeldBy.set(address, new Set([uid]));
  }

  /** Something happened to a pod: whatever it publishes, and its node, may change by it. */
  #touch(endpoint: string, pod: Pod | undefined, { nodes }: Scope): void {
    const before = this.#present.get(endpoint);
    for (const one of [before?.pod, pod]) {
      if (one === undefined) continue;
      const node = nodes.get(one.node);
      if (one.address !== undefined) this.#holds(one.address, one.uid);
      if (node !== undefined) this.touchedAt.set(node, this.#now());
      for (const order of this.quarantines.values()) {
        if (order.uid !== one.uid || order.address !== undefined || one.address === undefined) continue;
        if (this.#isOver({ ...order, address: one.address })) continue;
        order.address = one.address;
        this.everQuarantined.add(one.address);
      }
    }
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
    const over = before && (before.pod !== pod || !isSame(pod, before.scope, scope));
    if (before && over) this.#past.set(endpoint, [...(this.#past.get(endpoint) ?? []), before]);
    if (pod) this.#present.set(endpoint, { pod, scope });
    else this.#present.delete(endpoint);
  }

  #set(endpoint: string, now: ReadonlySet<Wish>): Wish[] {
    const before = this.#wishes.get(endpoint) ?? new Set();
    const [come, gone] = [
      [...now].filter((one) => !before.has(one)),
      [...before].filter((one) => !now.has(one)),
    ];
    for (const wish of come) {
      this.everWanted.add(wish);
      this.cameAt.set(wish, this.#now());
    }
    for (const wish of gone) {
      this.everLeft.add(wish);
      this.leftAt.set(wish, this.#now());
    }
    if (now.size > 0) this.#wishes.set(endpoint, now);
    else this.#wishes.delete(endpoint);
    return [...come, ...gone];
  }

  #wishesOf(pod: Pod, scope: Scope): Set<Wish> {
    const wishes = new Set<Wish>();
    for (const group of this.spec.groups) {
      if (!selects(group, pod, scope.stages)) continue;
      const address = addressFor(group, pod, scope);
      if (address !== undefined && inRangesOf(group, address))
        wishes.add(`${group.name}|${scope.realm}|${address}`);
    }
    return wishes;
  }

  /** Of all groups, whatever they select. */
  #possibleWishes(pod: Pod, scope: Scope): Wish[] {
    return this.spec.groups.flatMap((group) => {
      const address = addressFor(group, pod, scope);
      return address === undefined ? [] : [`${group.name}|${scope.realm}|${address}`];
    });
  }
}

/** What a pod's wishes depend on beside itself. */
interface Scope {
  realm: string;
  stages: ReadonlyMap<string, string | undefined>;
  nodes: ReadonlyMap<string, string>;
}

/** Its namespace is labelled as before, and its node is there with the same address. */
function isSame({ namespace, node }: Pod, before: Scope, now: Scope): boolean {
  return (
    before.nodes.get(node) === now.nodes.get(node) &&
    before.stages.get(namespace) === now.stages.get(namespace)
  );
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

/** The address that the pod is listed with is still its own. */
function isIts({ ended, displaced }: Pod): boolean {
  return !ended && !displaced;
}

function addressFor(group: GroupSpec, pod: Pod, { nodes }: Scope): string | undefined {
  return group.addresses === 'node' ? nodes.get(pod.node) : ownAddress(pod);
}

function ownAddress(pod: Pod): string | undefined {
  return pod.hostNetwork || pod.displaced ? undefined : pod.address;
}
