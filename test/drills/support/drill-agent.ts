import { HubLink } from '../../../cluster-agent/lib/hub-link.ts';
import type { InboxMessage } from '../../../cluster-agent/lib/ports.ts';
import { AgentStatus } from '../../../cluster-agent/lib/status.ts';
import { names } from '../../../lib/app/names.ts';
import { detailTypes } from '../../../lib/core/model/messages.ts';
import type { Clock } from '../../../lib/core/ports.ts';
import { RecordingTelemetry, SeededRandom } from '../../support/ports.ts';
import type { DeployedQueues } from './queues.ts';

export interface DrillAgentOptions {
  hub: string;
  cluster: string;
  clock: Clock;
  queues: DeployedQueues;
  /** Puts an event on the bus and lets the hub work. */
  tell: (type: string, detail: Record<string, unknown>) => Promise<void>;
}

/** An agent as far as its hub notices one: it greets, listens to its queue with the agent's own code, and sends heartbeats. */
export class DrillAgent {
  /** It may not delete what it received. */
  unacknowledged = false;
  /** It is gone, or cannot reach the bus. */
  silent = false;
  /** How long ago it heard its Kubernetes API last, milliseconds. */
  heardAgo = 0;
  readonly #options: DrillAgentOptions;
  readonly #link: HubLink;
  readonly #queue: string;

  constructor(options: DrillAgentOptions) {
    this.#options = options;
    this.#queue = names.agentQueue(options.hub, options.cluster);
    const { clock } = options;
    let stop = new AbortController();
    this.#link = new HubLink({
      bus: {
        putEvents: async ([entry]) => {
          await options.tell(detailTypes.hello, JSON.parse(entry?.detail ?? '{}') as Record<string, unknown>);
          await this.listen();
          return [undefined];
        },
      },
      inbox: {
        receive: async () => {
          const messages = this.#receive();
          if (messages.length === 0) stop.abort();
          return messages;
        },
      },
      clock,
      random: new SeededRandom(options.cluster.length),
      status: new AgentStatus(clock, new RecordingTelemetry()),
      agentVersion: '1',
      onEpoch: () => undefined,
      onSuperseded: () => undefined,
      onManifests: () => undefined,
      onResend: () => undefined,
    });
    this.listen = async () => {
      stop = new AbortController();
      await this.#link.listen(stop.signal);
    };
  }

  get epoch(): number | undefined {
    return this.#link.epoch;
  }

  /** Takes what is in its queue now. */
  readonly listen: () => Promise<void>;

  async minute(): Promise<void> {
    if (this.silent) return;
    if (this.epoch === undefined) await this.#link.greet(new AbortController().signal);
    await this.listen();
    const { process, epoch } = this.#link;
    await this.#options.tell(detailTypes.heartbeat, {
      epoch,
      process,
      endpoints: 0,
      pending: 0,
      sequence: 0,
      heard: { pod: this.heardAgo, node: this.heardAgo, namespace: this.heardAgo },
    });
  }

  #receive(): InboxMessage[] {
    const { queues } = this.#options;
    return queues.receive(this.#queue, 10).map(({ id, body }) => ({
      body,
      ack: async () => {
        if (this.unacknowledged) throw new Error('AccessDenied: sqs:DeleteMessage');
        queues.delete(this.#queue, id);
      },
      release: async () => queues.hide(this.#queue, id, 0),
    }));
  }
}
