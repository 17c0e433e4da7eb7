import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { clusterSource } from '../../../lib/core/model/messages.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { Process } from '../kernel/process.ts';
import type { SimulatedBus } from '../services/bus.ts';
import { RecordingTelemetry } from '../../support/ports.ts';
import type { Receivers } from './inbox.ts';
import type { Kubernetes } from './kubernetes.ts';
import { sourceOf } from './source.ts';

export interface AgentsOptions {
  api: Kubernetes;
  bus: SimulatedBus;
  receivers: Receivers;
  identity: { account: string; region: string; name: string };
}

const restartMs = 8_000;

/** The agent of one cluster as its deployment keeps it: one process, another one when it died or was superseded. */
export class Agents {
  readonly #kernel: Kernel;
  readonly #options: AgentsOptions;
  /** Every process that was started and still lives; usually one. */
  #living: { process: Process; agent: Agent }[] = [];
  #made = 0;

  constructor(kernel: Kernel, options: AgentsOptions) {
    this.#kernel = kernel;
    this.#options = options;
  }

  get living(): number {
    return this.#living.length;
  }

  start(): void {
    const { api, bus, receivers, identity } = this.#options;
    this.#made += 1;
    const process = new Process(this.#kernel, `agent ${identity.name}#${this.#made}`);
    const source = clusterSource(identity);
    const agent = new Agent({
      objects: sourceOf(process, api),
      documents: undefined,
      bus: bus.portOf(process, source),
      inbox: receivers.portOf(process),
      clock: process.clock,
      random: this.#kernel.ids,
      telemetry: new RecordingTelemetry(),
      source,
      agentVersion: '1',
    });
    const entry = { process, agent };
    this.#living.push(entry);
    this.#kernel.tell(() => `${process.name} starts`);
    process.onDeath = () => this.#gone(entry);
    agent.run().then(
      (end) => {
        this.#kernel.tell(() => `${process.name} ends: ${end}`);
        this.#gone(entry);
      },
      (error: unknown) => this.#kernel.violate('no unexpected error', `${process.name}: ${String(error)}`),
    );
  }

  /** The process is killed; its deployment starts another one. */
  crash(): void {
    this.#living.at(-1)?.process.kill('crash');
  }

  /** It gets no processor for a time. With a second replica the other one takes over meanwhile. */
  pause(milliseconds: number, replaced: boolean): void {
    this.#living.at(-1)?.process.standStill(milliseconds);
    if (replaced) this.start();
  }

  /** A person restarts it: everything is told anew under a new epoch. */
  restart(): void {
    for (const { process } of this.#living.slice()) process.kill('restarted by a person');
  }

  goOn(): void {
    for (const { process } of this.#living) process.goOn();
  }

  #gone(entry: { process: Process; agent: Agent }): void {
    const before = this.#living.length;
    this.#living = this.#living.filter((one) => one !== entry);
    if (this.#living.length === before) return;
    entry.process.alive = false;
    if (this.#living.length > 0) return;
    this.#kernel.scheduler.after(this.#kernel.dice.delay(restartMs), () => {
      if (this.#living.length === 0) this.start();
    });
  }
}
