import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kubernetesSource } from '../../../cluster-agent/kubernetes-api.ts';
import { kubernetesGates } from '../../../cluster-agent/kubernetes-gates.ts';
import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { systemRandom } from '../../../cluster-agent/system.ts';
import { applyConfiguration } from '../../../lib/app/commands/apply.ts';
import { approveHeld, type HeldChange, listHeld } from '../../../lib/app/commands/approve.ts';
import { planConfiguration } from '../../../lib/app/commands/plan.ts';
import { modules } from '../../../lib/app/compose-modules.ts';
import { loadConfiguration } from '../../../lib/app/configuration/load.ts';
import { ingestMessage } from '../../../lib/app/ingest/ingest-event.ts';
import { names } from '../../../lib/app/names.ts';
import type { DevicePorts } from '../../../lib/app/ports.ts';
import { reconcileMessage } from '../../../lib/app/reconcile/reconcile-message.ts';
import { Configurations } from '../../../lib/app/state/configurations.ts';
import { sweep } from '../../../lib/app/sweep/sweep.ts';
import { syncFirewall } from '../../../lib/app/sync/sync-firewall.ts';
import { comesBackAfter, parseWakeUp } from '../../../lib/app/sync/wake-up.ts';
import type { GateRules } from '../../../lib/core/gates/gate.ts';
import { clusterSource } from '../../../lib/core/model/messages.ts';
import {
  type FortigateSimulator,
  startFortigateSimulator,
} from '../../../lib/firewalls/fortigate/simulator/index.ts';
import { firewallModules } from '../../../lib/firewalls/registry.ts';
import type { Entrance } from '../../../lib/kubernetes/administration/cluster-api.ts';
import {
  type Groups,
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
  writeConfiguration,
} from '../../../lib/sandbox/configuration.ts';
import { MemoryInbox, RecordingBus } from '../agent-world.ts';
import { MemoryTables } from '../memory-tables.ts';
import { MemorySecrets, type Message, RecordingTelemetry } from '../ports.ts';
import { Lane } from './lane.ts';

const firewall = 'edge';
const version = '7.4.4';
const source = clusterSource({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

/** The system's clock, which can be put forward for hub and agent alike: ten minutes of waiting need not take ten. */
class ForwardClock {
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  async sleep(milliseconds: number): Promise<void> {
    await delay(milliseconds);
  }

  pass(minutes: number): void {
    this.#ahead += minutes * 60_000;
  }
}

/** How the agent reaches its cluster, and whose gates it opens there. */
export interface Reach {
  entrance: Entrance;
  gates?: GateRules | undefined;
}

/** What was said and done up to a moment. */
export interface Counts {
  /** Entries about endpoints that the agent put on the bus; it says other things by the clock. */
  events: number;
  /** Requests to the firewall, and those of them that write. */
  calls: number;
  writes: number;
}

/**
 * The agent and the hub's use cases in this process, as they run by themselves: what the agent says is taken in as it comes, what changes goes to a
 * simulated FortiGate over HTTPS. In place of AWS are a bus, queues and tables in memory.
 */
export class LiveHub {
  readonly simulator: FortigateSimulator;
  readonly clock = new ForwardClock();
  readonly bus = new RecordingBus();
  readonly telemetry = new RecordingTelemetry();
  /** That of all its processes. */
  readonly agentTelemetry = new RecordingTelemetry();
  /** What went wrong in a function; AWS would have tried again. */
  readonly failures: unknown[] = [];
  readonly #directory: string;
  readonly #app: { ports: DevicePorts; configurations: Configurations };
  readonly #inbox = new MemoryInbox();
  readonly #newAgent: () => Agent;
  #agent: Agent;
  readonly #lanes: Record<'ingest' | 'sync' | 'rest', Lane>;
  readonly #minutes: NodeJS.Timeout;
  #ended: Promise<unknown> | undefined;

  private constructor(directory: string, simulator: FortigateSimulator, { entrance, gates }: Reach) {
    this.#directory = directory;
    this.simulator = simulator;
    const { clock, telemetry } = this;
    const tables = new MemoryTables();
    const ports: DevicePorts = {
      hub: sandboxHub,
      tables,
      queues: { send: async (message) => this.#route(message) },
      secrets: new MemorySecrets({ [names.secret(sandboxHub, firewall)]: simulator.token }),
      clock,
      random: systemRandom,
      telemetry,
      firewalls: firewallModules,
    };
    this.#app = { ports, configurations: new Configurations(tables) };
    const fail = (error: unknown): void => void this.failures.push(error);
    this.#lanes = { ingest: new Lane(fail), sync: new Lane(fail), rest: new Lane(fail) };
    this.#newAgent = () =>
      new Agent({
        objects: kubernetesSource(entrance, systemRandom),
        documents: undefined,
        services: 'all',
        gates: gates && { rules: gates, gates: kubernetesGates(entrance) },
        bus: this.bus,
        inbox: this.#inbox,
        clock,
        random: systemRandom,
        telemetry: this.agentTelemetry,
        source,
        agentVersion: 'test',
      });
    this.#agent = this.#newAgent();
    this.bus.onAccepted = ({ detail, detailType }) =>
      this.#ingest(`{"source":"${source}","detail-type":"${detailType}","detail":${detail}}`);
    this.#minutes = setInterval(() => this.sweep(), 60_000);
  }

  /** A hub with these groups, a FortiGate, and the agent of the one cluster, running. */
  static async start(reach: Reach, groups: Groups): Promise<LiveHub> {
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-applications-'));
    const simulator = await startFortigateSimulator({ version, certificateDirectory: directory });
    const hub = new LiveHub(directory, simulator, reach);
    await hub.#apply(groups);
    hub.startAgent();
    return hub;
  }

  /** The process of the agent that runs, or ran last. */
  get agent(): Agent {
    return this.#agent;
  }

  /** Another process in place of the one that was stopped. */
  startAgent(): void {
    this.#agent = this.#newAgent();
    this.#ended = this.#agent.run();
  }

  async stopAgent(): Promise<void> {
    this.#agent.stop();
    await this.#ended;
  }

  async stop(): Promise<void> {
    clearInterval(this.#minutes);
    await this.stopAgent();
    for (const lane of Object.values(this.#lanes)) await lane.stop();
    await this.simulator.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** What runs each minute; asked for where a test has not the time to wait for it. */
  sweep(): void {
    this.#lanes.rest.add(() => sweep(this.#app.ports, this.#app.configurations));
  }

  /** Nobody has anything to do at this moment. */
  get idle(): boolean {
    return Object.values(this.#lanes).every((lane) => lane.idle);
  }

  /** Changes that wait for a person. */
  async held(): Promise<HeldChange[]> {
    return listHeld(this.#app.ports, await this.#app.configurations.active(), firewall);
  }

  async approve(held: readonly HeldChange[]): Promise<void> {
    const by = { name: 'ada', principal: `arn:aws:iam::${sandboxAccount}:user/ada` };
    await approveHeld(this.#app.ports, await this.#app.configurations.active(), { firewall, held, by });
  }

  counts(): Counts {
    const counts = { events: this.bus.details('endpoints').length, calls: 0, writes: 0 };
    for (const { count, method } of this.simulator.requests.list()) {
      counts.calls += count;
      if (method !== 'GET') counts.writes += count;
    }
    return counts;
  }

  async #apply(groups: Groups): Promise<void> {
    const firewalls = { [firewall]: { simulator: this.simulator, version } };
    const path = await writeConfiguration(this.#directory, { firewalls, groups });
    const { configuration } = await loadConfiguration(path, { modules });
    const { ports, configurations } = this.#app;
    const plans = await planConfiguration(ports, configurations, configuration);
    await applyConfiguration(this.#app, { configuration, plans, author: 'ada' });
  }

  #ingest(body: string): void {
    const { ports, configurations } = this.#app;
    this.#lanes.ingest.add(() => ingestMessage(ports, configurations, body));
  }

  #route(message: Message): void {
    const { body, queue } = message;
    const { ports, configurations } = this.#app;
    if (queue === names.ingestQueue(sandboxHub)) this.#ingest(body);
    else if (queue === names.agentQueue(sandboxHub, sandboxCluster)) this.#inbox.deliver(body);
    else if (queue === names.wakeQueue(sandboxHub, `net-${firewall}`))
      this.#lanes.sync.add(() => this.#sync(message));
    else if (queue === names.reconcileQueue(sandboxHub, `net-${firewall}`))
      this.#lanes.rest.add(() => reconcileMessage(ports, configurations, body));
    else this.failures.push(new Error(`nobody reads ${queue}`));
  }

  async #sync(message: Message): Promise<void> {
    const { ports, configurations } = this.#app;
    const end = await syncFirewall(ports, configurations, parseWakeUp(message.body) ?? '');
    const seconds = comesBackAfter(end, message.group);
    if (seconds !== undefined) this.#lanes.sync.addLater(() => this.#sync(message), seconds * 1000);
  }
}
