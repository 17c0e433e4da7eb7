import { Agent } from '../../cluster-agent/lib/agent.ts';
import type { BusEntry, ServicesTold } from '../../cluster-agent/lib/ports.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { clusterSource, type HubMessage } from '../../lib/core/model/messages.ts';
import {
  MemoryInbox,
  namespaceObject,
  nodeObject,
  podObject,
  RecordingBus,
  ScriptedObjects,
  settle,
} from './agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from './ports.ts';
import type { World } from './world.ts';

const identity = { account: '111122223333', region: 'eu-central-1', name: 'one' };
export const clusterId = `${identity.account}|${identity.region}|${identity.name}`;

/** Agent and hub have said everything long before. */
const turnsMost = 2_000;

/** Cluster `one` of a world with the real agent on it: what it says goes to the hub, what the hub answers comes back. */
export class WatchedCluster {
  readonly world: World;
  readonly objects = new ScriptedObjects();
  readonly clock: FakeClock;
  /** Everything the bus took since the agent started. */
  bus = new RecordingBus();
  /** What the hub said to the agent. */
  readonly said: HubMessage[] = [];
  /** Events that the bus takes and loses. */
  loses: (entry: BusEntry) => boolean = () => false;
  /** The hub is of a version that says nothing of digests. */
  olderHub = false;
  /** Which services the next agent tells. */
  services: ServicesTold = 'off';
  agent!: Agent;
  #inbox = new MemoryInbox();
  #arriving: BusEntry[] = [];
  #started = 0;

  constructor(world: World) {
    this.world = world;
    this.clock = new FakeClock({ now: world.clock.now() });
    this.objects.clock = this.clock;
    this.objects.put('namespace', namespaceObject('ns', 'shop'));
    this.objects.put('node', nodeObject('n1', 'node-1', ['10.0.0.1']));
  }

  /** A new process takes the place of the one before. */
  async start(): Promise<void> {
    this.agent?.stop();
    await settle();
    this.#inbox = new MemoryInbox();
    this.bus = new RecordingBus();
    this.bus.onAccepted = (entry) => this.loses(entry) || this.#arriving.push(entry);
    this.agent = new Agent({
      documents: undefined,
      services: this.services,
      objects: this.objects,
      bus: this.bus,
      inbox: this.#inbox,
      clock: this.clock,
      random: new SeededRandom(1000 + this.#started++),
      telemetry: new RecordingTelemetry(),
      source: clusterSource(identity),
      agentVersion: '1',
    });
    void this.agent.run();
    await this.quiet();
  }

  stop(): void {
    this.agent.stop();
  }

  /** A pod that the groups of the world select by its label `app`. */
  pod(uid: string, address: string, app = 'web'): Record<string, unknown> {
    return podObject(uid, { ips: [address], labels: { app } });
  }

  /** Until nobody has anything more to say. */
  async quiet(): Promise<void> {
    for (let idle = 0, turns = 0; idle < 2; turns++) {
      if (turns > turnsMost) throw new Error('agent and hub never stop talking');
      await settle();
      const arrived = this.#arriving.splice(0);
      for (const { detail, detailType } of arrived)
        await this.world.ingest(
          `{"source":"${clusterSource(identity)}","detail-type":"${detailType}","detail":${detail}}`,
        );
      await this.world.settle();
      const answers = this.world.told.splice(0) as HubMessage[];
      for (const answer of answers) this.#deliver(answer);
      idle = arrived.length + answers.length > 0 ? 0 : idle + 1;
    }
  }

  /** Time passes for everybody; the sweep runs each minute. */
  async pass(minutes: number): Promise<void> {
    const { world } = this;
    for (let minute = 0; minute < minutes; minute++) {
      await this.clock.advance(60_000);
      await world.clock.advance(Math.max(0, this.clock.now() - world.clock.now()));
      await this.quiet();
      await sweep(world.ports, world.configurations);
      await this.quiet();
      await this.clock.advance(Math.max(0, world.clock.now() - this.clock.now()));
    }
    await this.quiet();
  }

  /** Bytes of everything that the agent has sent. */
  bytes(): number {
    return this.bus.accepted.reduce((sum, { detail }) => sum + Buffer.byteLength(detail), 0);
  }

  #deliver(answer: HubMessage): void {
    if (this.olderHub && answer.type === 'epoch') {
      delete answer.digest;
      delete answer.services;
      delete answer.hearing;
    }
    this.said.push(answer);
    this.#inbox.deliver(answer);
  }
}
