import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { Election } from '../../../cluster-agent/lib/election.ts';
import type { BusEntry, EventBus } from '../../../cluster-agent/lib/ports.ts';
import { runReplica } from '../../../cluster-agent/lib/replica.ts';
import { ingestMessage } from '../../../lib/app/ingest/ingest-event.ts';
import { names } from '../../../lib/app/names.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { clusterKey, readCluster } from '../../../lib/app/state/clusters.ts';
import type { Clock } from '../../../lib/core/ports.ts';
import { clusterSource } from '../../../lib/core/model/messages.ts';
import { Receivers } from '../../simulation/cluster/inbox.ts';
import { Kubernetes } from '../../simulation/cluster/kubernetes.ts';
import { sourceOf } from '../../simulation/cluster/source.ts';
import { Kernel } from '../../simulation/kernel/kernel.ts';
import { Process } from '../../simulation/kernel/process.ts';
import { SimulatedQueue } from '../../simulation/services/queue.ts';
import { RecordingTelemetry } from '../ports.ts';
import { group, World } from '../world.ts';
import { MemoryLease } from './memory-lease.ts';

const identity = { account: '111122223333', region: 'eu-central-1', name: 'one' };
const source = clusterSource(identity);

/** A replica that runs: its pod, and the process in it. */
export interface Replica {
  pod: string;
  process: Process;
  agent: Agent;
  election: Election;
  /** Its clock is ahead by so many milliseconds. */
  skew: number;
  /** It does not reach the Kubernetes API's Lease. */
  cut: boolean;
  stop: AbortController;
}

/** Two replicas of an agent, their Lease, and the hub that gives out epochs, under simulated time. */
export class ReplicaWorld {
  readonly kernel: Kernel;
  readonly lease = new MemoryLease();
  readonly api: Kubernetes;
  readonly living: Replica[] = [];
  /** How replicas ended, in order. */
  readonly ends: string[] = [];
  /** Which processes said what the hub took, by epoch. */
  readonly accepted = new Map<number, Set<string>>();
  /** How likely the bus loses an event, or brings it twice. */
  eventLost = 0;
  eventTwice = 0;
  readonly #hub: World;
  readonly #ports: Ports;
  readonly #queue: SimulatedQueue;
  readonly #receivers: Receivers;
  #made = 0;
  #ingesting: Promise<void> = Promise.resolve();

  private constructor(seed: number, hub: World) {
    this.kernel = new Kernel(seed);
    this.api = new Kubernetes(this.kernel);
    this.#hub = hub;
    const { kernel } = this;
    this.#queue = new SimulatedQueue(kernel, {
      name: 'agent',
      fifo: false,
      visibilitySeconds: 30,
      retentionSeconds: 86_400,
      deliveries: Number.POSITIVE_INFINITY,
      batchSize: 10,
      concurrency: 10,
    });
    this.#receivers = new Receivers(this.#queue);
    this.#ports = {
      ...hub.ports,
      clock: { now: () => Math.floor(kernel.now), sleep: async () => undefined },
      queues: {
        send: async ({ queue, body }) => {
          if (queue === names.agentQueue('test', 'one')) this.#queue.send({ body });
        },
      },
    };
    this.api.put({ kind: 'namespace', uid: 's', name: 'shop', labels: {}, created: kernel.now });
    this.api.put({ kind: 'node', uid: 'n', name: 'node-1', labels: {}, address: '10.0.0.1' });
    for (let i = 0; i < 3; i++) this.pod(i, 0);
  }

  static async begin(seed: number, replicas = 2): Promise<ReplicaWorld> {
    const hub = new World([group('web')]);
    await hub.activate();
    const world = new ReplicaWorld(seed, hub);
    for (let i = 0; i < replicas; i++) world.start(`agent-${i}`);
    return world;
  }

  get leaders(): Replica[] {
    return this.living.filter(({ election }) => election.leads);
  }

  /** The only replica that leads; throws when there is another number of them. */
  get leader(): Replica {
    const [leader, second] = this.leaders;
    if (!leader || second) throw new Error(`${this.leaders.length} replicas lead`);
    return leader;
  }

  /** What the hub knows of the cluster. */
  async standing(): Promise<ReturnType<typeof readCluster>> {
    const [item] = await this.#hub.tables.read([
      clusterKey(`${identity.account}|${identity.region}|${identity.name}`),
    ]);
    return readCluster(item);
  }

  /** Puts a pod in place, or changes its label. */
  pod(number: number, label: number): void {
    const labels = { app: 'web', v: String(label) };
    const [uid, address] = [`p${number}`, `10.1.0.${number}`];
    const place = { namespace: 'shop', node: 'node-1', workload: 'web' };
    const state = { hostNetwork: false, ended: false };
    this.api.put({ kind: 'pod', uid, name: uid, labels, address, ...place, ...state });
  }

  /** The container of a pod starts: a new process under the same name. */
  start(pod: string, skew = 0): Replica {
    const { kernel, living } = this;
    const process = new Process(kernel, `${pod}#${(this.#made += 1)}`);
    const clock: Clock = {
      now: () => process.clock.now() + replica.skew,
      sleep: (milliseconds) => process.clock.sleep(milliseconds),
    };
    const origin = kernel.dice.between(0, 1e9);
    const agent = new Agent({
      objects: sourceOf(process, this.api),
      documents: undefined,
      bus: this.#busOf(process),
      inbox: this.#receivers.portOf(process),
      clock,
      random: kernel.ids,
      telemetry: new RecordingTelemetry(),
      source,
      agentVersion: '1',
      mayGreet: () => election.current,
    });
    const election = new Election({
      lease: this.lease.portOf(process, () => replica.cut),
      identity: `${pod}_${agent.process}`,
      clock,
      elapsed: () => kernel.now + origin,
      random: kernel.ids,
      status: agent.status,
      telemetry: new RecordingTelemetry(),
    });
    agent.status.standing = () => election;
    const replica = { pod, process, agent, election, skew, cut: false, stop: new AbortController() };
    living.push(replica);
    const gone = (how: string): void => {
      const at = living.indexOf(replica);
      if (at < 0) return;
      living.splice(at, 1);
      process.alive = false;
      this.ends.push(how);
      const wait = kernel.dice.between(500, 10_000);
      kernel.scheduler.after(wait, () => this.start(pod, replica.skew));
    };
    process.onDeath = () => gone('killed');
    runReplica(agent, election, replica.stop.signal).then(gone, (error: unknown) =>
      kernel.violate('no unexpected error', String(error)),
    );
    return replica;
  }

  #busOf(process: Process): EventBus {
    return {
      putEvents: (entries) =>
        process.call('put events', () => {
          for (const entry of entries) this.#carry(process.name, entry);
          return entries.map(() => undefined);
        }),
    };
  }

  /** EventBridge: at least once or, in bad times, not at all; in no order. */
  #carry(by: string, { detail, detailType }: BusEntry): void {
    const { dice, now, scheduler } = this.kernel;
    // The bus tells when it took an event by whole seconds.
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
    const body = `{"source":"${source}","time":"${time}","detail-type":"${detailType}","detail":${detail}}`;
    const copies = dice.chance(this.eventLost) ? 0 : dice.chance(this.eventTwice) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const wait = dice.delay(60) + (copy > 0 ? dice.between(0, 20_000) : 0);
      scheduler.after(wait, () => this.#arrive(by, body, detail));
    }
  }

  #arrive(by: string, body: string, detail: string): void {
    const refusals = (): number => this.#hub.telemetry.valuesOf('RecordsRefused').length;
    this.#ingesting = this.#ingesting.then(async () => {
      const before = refusals();
      await ingestMessage(this.#ports, this.#hub.configurations, body);
      const { epoch } = JSON.parse(detail) as { epoch?: number };
      if (epoch === undefined || refusals() > before) return;
      this.accepted.set(epoch, (this.accepted.get(epoch) ?? new Set()).add(by));
    });
  }
}
