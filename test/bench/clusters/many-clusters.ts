import { setImmediate } from 'node:timers/promises';
import { names } from '../../../lib/app/names.ts';
import { clusterKey, readCluster } from '../../../lib/app/state/clusters.ts';
import { clusterId, clusterSource } from '../../../lib/core/model/messages.ts';
import { group, World } from '../../support/world.ts';
import { until } from '../until.ts';
import { ToldCluster } from './told-cluster.ts';

const place = { account: '111122223333', region: 'eu-central-1' };
const patienceMs = 30 * 60_000;

/** What it took to tell so many endpoints. */
interface Told {
  endpoints: number;
  cpuSeconds: number;
  perCoreSecond: number;
  readUnits: number;
  writeUnits: number;
  bytes: number;
}

/** One hub over tables in memory, a firewall on paper, and the agents of many clusters. */
export class ManyClusters {
  readonly #world: World;
  readonly #clusters: ToldCluster[] = [];
  /** Rows of dirty addresses, followed because to list them among a million others takes long. */
  readonly #dirty = new Set<string>();
  #running = true;
  readonly #working: Promise<void>;

  private constructor(world: World) {
    this.#world = world;
    world.tables.store.onChange = (key, _, after) => {
      if (key.table !== 'dirty') return;
      const place = `${key.pk} ${key.sk}`;
      if (after) this.#dirty.add(place);
      else this.#dirty.delete(place);
    };
    this.#working = this.#work();
  }

  static async start(count: number): Promise<ManyClusters> {
    const world = new World([group('web', { maxMembers: 100_000 })]);
    const [model] = Object.values(world.configuration.clusters);
    if (!model) throw new Error('a world has a cluster');
    const configured = Array.from({ length: count }, (_, index) => {
      const name = nameOf(index);
      return [name, { ...model, ...place, name, ranges: [`10.${index}.0.0/16`] }] as const;
    });
    world.configuration = { ...world.configuration, clusters: Object.fromEntries(configured) };
    await world.activate();
    const many = new ManyClusters(world);
    world.queues.beforeSend = ({ queue, body }) => many.#hand(queue, body);
    return many;
  }

  /** Starts agents until there are so many, and waits until the hub has verified everything of each. */
  async tellAll(upTo: number, pods: number): Promise<Told> {
    const { usage } = this.#world.tables;
    const before = { ...usage, cpu: process.cpuUsage(), count: this.#clusters.length };
    let bytes = 0;
    for (let index = before.count; index < upTo; index++) {
      const source = clusterSource({ ...place, name: nameOf(index) });
      const cluster: ToldCluster = new ToldCluster({
        index,
        pods,
        source,
        take: async (type, detail) =>
          this.#world.ingest(`{"source":"${source}","detail-type":"${type}","detail":${detail}}`),
      });
      this.#clusters.push(cluster);
      void cluster.agent.run();
      await until(async () => this.#isVerified(index), patienceMs, 20);
      bytes += cluster.bytes;
    }
    await this.#quiet();
    const endpoints = this.#clusters
      .slice(before.count)
      .reduce((sum, { agent }) => sum + agent.status.endpoints(), 0);
    const cpuSeconds = seconds(process.cpuUsage(before.cpu));
    const each = (all: number): number => Math.round((all / endpoints) * 100) / 100;
    return {
      endpoints,
      cpuSeconds,
      perCoreSecond: Math.round(endpoints / cpuSeconds),
      readUnits: each(usage.readUnits - before.readUnits),
      writeUnits: each(usage.writeUnits - before.writeUnits),
      bytes: each(bytes),
    };
  }

  /** One pod of each cluster enters or leaves the group, in so many rounds, one after the other. */
  async churn(rounds: number) {
    const { usage } = this.#world.tables;
    const before = { ...usage, cpu: process.cpuUsage() };
    for (let round = 0; round < rounds; round++) {
      for (const [index, cluster] of this.#clusters.entries()) {
        const sent = cluster.events;
        cluster.change((round * 7 + index) % 97);
        await until(() => cluster.events > sent, patienceMs, 1);
      }
      await this.#quiet();
    }
    const changes = rounds * this.#clusters.length;
    const each = (all: number): number => Math.round((all / changes) * 100) / 100;
    const cpuSeconds = seconds(process.cpuUsage(before.cpu));
    return {
      changes,
      cpuSeconds,
      perCoreSecond: Math.round(changes / cpuSeconds),
      each: {
        calls: each(usage.calls - before.calls),
        readUnits: each(usage.readUnits - before.readUnits),
        writeUnits: each(usage.writeUnits - before.writeUnits),
      },
    };
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const { agent } of this.#clusters) agent.stop();
    await this.#working;
  }

  /** What the hub says to an agent. */
  #hand(queue: string, body: string): void {
    const cluster = this.#clusters.find((_, index) => queue === names.agentQueue('test', nameOf(index)));
    cluster?.inbox.deliver(body);
  }

  async #work(): Promise<void> {
    while (this.#running) {
      await this.#world.settle(1_000);
      this.#world.told.length = 0;
      await setImmediate();
    }
  }

  async #quiet(): Promise<void> {
    const { queues } = this.#world;
    await until(() => queues.sent.length === 0 && this.#dirty.size === 0, patienceMs, 5);
  }

  async #isVerified(index: number): Promise<boolean> {
    const id = clusterId({ ...place, name: nameOf(index) });
    const { store, usage } = this.#world.tables;
    const counted = { ...usage };
    const [item] = store.read([clusterKey(id)]);
    // Nobody else would look.
    Object.assign(usage, counted);
    return readCluster(item).verifiedShards.size === 256;
  }
}

function nameOf(index: number): string {
  return `c${index}`;
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return Math.round((user + system) / 10_000) / 100;
}
