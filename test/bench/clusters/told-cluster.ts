import { Agent } from '../../../cluster-agent/lib/agent.ts';
import type { BusEntry } from '../../../cluster-agent/lib/ports.ts';
import { systemClock, systemRandom } from '../../../cluster-agent/system.ts';
import {
  MemoryInbox,
  namespaceObject,
  nodeObject,
  podObject,
  ScriptedObjects,
} from '../../support/agent-world.ts';
import { RecordingTelemetry } from '../../support/ports.ts';

/** One pod in so many is selected by the group. */
const selectedOf = 100;
const podsPerNode = 50;

export interface ToldClusterOptions {
  /** Its number: second byte of its addresses. */
  index: number;
  pods: number;
  source: string;
  /** Takes an event of the bus, as JSON text of its detail. */
  take: (type: string, detail: string) => Promise<void>;
}

/** A cluster whose API is simulated, and the real agent that tells of it. */
export class ToldCluster {
  readonly inbox = new MemoryInbox();
  readonly agent: Agent;
  /** Bytes and events that the bus took. */
  events = 0;
  bytes = 0;
  readonly #options: ToldClusterOptions;
  readonly #objects = new ScriptedObjects();
  #label = 0;

  constructor(options: ToldClusterOptions) {
    this.#options = options;
    const { index, pods, source } = options;
    const objects = this.#objects;
    objects.put('namespace', namespaceObject(`ns-${index}`, 'shop'));
    for (let node = 0; node < Math.ceil(pods / podsPerNode); node++)
      objects.put(
        'node',
        nodeObject(`n-${index}-${node}`, `node-${node}`, [`10.${index}.250.${node & 255}`]),
      );
    for (let pod = 0; pod < pods; pod++) objects.put('pod', this.#pod(pod, pod % selectedOf === 0));
    this.agent = new Agent({
      objects,
      documents: undefined,
      bus: {
        putEvents: async (entries) => {
          await Promise.all(entries.map((entry) => this.#carry(entry)));
          return entries.map(() => undefined);
        },
      },
      inbox: this.inbox,
      clock: systemClock,
      random: systemRandom,
      telemetry: new RecordingTelemetry(),
      source,
      agentVersion: 'benchmark',
    });
  }

  /** A pod enters or leaves the group by its label. */
  change(pod: number): void {
    this.#label += 1;
    this.#objects.emit('pod', this.#pod(pod, this.#label % 2 === 1));
  }

  async #carry({ detail, detailType }: BusEntry): Promise<void> {
    this.events += 1;
    this.bytes += Buffer.byteLength(detail);
    await this.#options.take(detailType, detail);
  }

  #pod(pod: number, selected: boolean): Record<string, unknown> {
    const { index } = this.#options;
    return podObject(`p-${index}-${pod}`, {
      name: `web-7d9f6c5b8-${pod}`,
      labels: { app: selected ? 'web' : 'other', version: String(this.#label), team: 'shop', tier: 'front' },
      node: `node-${Math.floor(pod / podsPerNode)}`,
      ips: [`10.${index}.${pod >> 8}.${pod & 255}`],
    });
  }
}
