import { manifestsOf } from './manifests.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { pod, type World } from './world.ts';

/** A cluster that only ever does what a cluster can do: an address belongs to one living pod at a time. */
export class RandomCluster {
  readonly pods = new Map<string, EndpointRecord>();
  /** Changes in the order they happened; each has to be delivered at least once. */
  readonly undelivered: Record<string, unknown>[] = [];
  readonly #world: World;
  readonly #addresses: readonly string[];
  #made = 0;

  constructor(world: World, addresses: readonly string[]) {
    this.#world = world;
    this.#addresses = addresses;
  }

  create(app: string, choice: number, address = this.#free(choice)): void {
    if (address === undefined) return;
    this.#upsert(pod(`pod-${++this.#made}`, address, { app }));
  }

  remove(choice: number): void {
    const [uid] = this.#choose(choice) ?? [];
    if (uid === undefined) return;
    this.pods.delete(uid);
    this.undelivered.push(this.#world.removeChange(uid));
  }

  relabel(choice: number, app: string): void {
    const [, record] = this.#choose(choice) ?? [];
    if (record) this.#upsert({ ...record, labels: { app } });
  }

  /** A pod that ended keeps its record and loses its address. */
  end(choice: number): void {
    const [, record] = this.#choose(choice) ?? [];
    if (record) this.#upsert({ ...record, addresses: [] });
  }

  /** Addresses of the pods that carry one of the labels, sorted. */
  addressesOf(apps: readonly string[]): string[] {
    const carrying = [...this.pods.values()].filter(({ labels }) => apps.includes(labels['app'] ?? ''));
    return carrying.flatMap(({ addresses }) => addresses).sort();
  }

  /** What the agent says it has, all shards. */
  manifests(): unknown[] {
    return manifestsOf(this.pods.values(), this.#world.sequence);
  }

  #upsert(record: EndpointRecord): void {
    this.pods.set(record.uid, record);
    this.undelivered.push(this.#world.upsertChange(record));
  }

  /** Pods that may change; the first ones of the cluster stay as they are. */
  #choose(choice: number): [string, EndpointRecord] | undefined {
    const all = [...this.pods].filter(
      ([, record]) => !record.addresses.some((one) => one.startsWith('10.9.')),
    );
    return all[choice % Math.max(1, all.length)];
  }

  #free(choice: number): string | undefined {
    const used = new Set([...this.pods.values()].flatMap(({ addresses }) => addresses));
    const free = this.#addresses.filter((address) => !used.has(address));
    return free[choice % Math.max(1, free.length)];
  }
}
