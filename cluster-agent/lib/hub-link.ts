import { ZonebridgeError } from '../../lib/core/errors.ts';
import { agentFeatures, type AgentFeature, featureVersions } from '../../lib/core/model/agent-features.ts';
import {
  detailTypes,
  type HelloDetail,
  type HubMessage,
  hubMessage,
  schemaVersion,
} from '../../lib/core/model/messages.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import type { EventBus, Inbox, InboxMessage } from './ports.ts';
import type { AgentStatus } from './status.ts';
import { backOff, Bell, pause } from './timing.ts';

const helloRetry = { base: 5_000, cap: 60_000 };
const inboxRetry = { base: 500, cap: 30_000 };
/** How long whatever is not for this process is left to others, and how long a hello waits for its permission. */
const yieldMilliseconds = 1_000;
/** Without an answer for so many hellos an operator should know. */
const silentHellos = 4;

export interface HubLinkOptions {
  bus: EventBus;
  inbox: Inbox;
  clock: Clock;
  random: Random;
  status: AgentStatus;
  agentVersion: string;
  /** False for a process that stood still and may have a successor by now: its hello would depose that one. Always true unless given. */
  mayGreet?: (() => boolean) | undefined;
  /** A first or a higher epoch of ours. */
  onEpoch: (epoch: number) => void;
  /** The hub gave a higher epoch to another process. */
  onSuperseded: () => void;
  onManifests: (shards: readonly number[]) => void;
  /** Of all endpoints of the shards, or of those that are named. */
  onResend: (shards: readonly number[], endpoints?: readonly string[]) => void;
  /** These pods, by uid and content hash, are on every firewall of their groups. */
  onPublished?: (pods: readonly (readonly [string, string])[]) => void;
  /** The hub published another desired state. */
  onDesired?: () => void;
}

/** Asks the hub for an epoch and listens to what it says. */
export class HubLink {
  readonly process: string;
  readonly #options: HubLinkOptions;
  readonly #answered = new Bell();
  #epoch: number | undefined;
  readonly #taken = new Set<AgentFeature>();

  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.process = options.random.id().slice(0, 64);
  }

  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** The hub that gave the epoch takes this as we tell it. */
  takes(feature: AgentFeature): boolean {
    return this.#taken.has(feature);
  }

  /** Says hello until an epoch came. */
  async greet(stop: AbortSignal): Promise<void> {
    const { clock, mayGreet = () => true, random, status } = this.#options;
    for (let attempt = 0; this.#epoch === undefined && !stop.aborted; attempt++) {
      while (!mayGreet() && !stop.aborted) await pause(clock, yieldMilliseconds, stop);
      if (stop.aborted) return;
      if (attempt >= silentHellos) {
        const message = `no epoch after ${attempt} greetings`;
        status.failed('waiting for the hub', new ZonebridgeError('agent/hub-silent', message));
      }
      await this.#hello();
      const wait = backOff(attempt, helloRetry, random);
      await Promise.race([this.#answered.wait(stop), pause(clock, wait, stop)]);
    }
  }

  /** Receives until stopped. */
  async listen(stop: AbortSignal): Promise<void> {
    const { clock, inbox, random, status } = this.#options;
    let failures = 0;
    while (!stop.aborted) {
      try {
        const messages = await inbox.receive(stop);
        let ours = true;
        for (const message of messages) ours = (await this.#take(message)) && ours;
        failures = 0;
        // What was released is there again at once.
        if (!ours) await pause(clock, yieldMilliseconds, stop);
      } catch (error) {
        if (stop.aborted) return;
        status.failed('reading the queue of this cluster', error);
        await pause(clock, backOff(failures++, inboxRetry, random), stop);
      }
    }
  }

  async #hello(): Promise<void> {
    const { agentVersion, bus, clock, status } = this.#options;
    const detail: HelloDetail = {
      schema: schemaVersion,
      process: this.process,
      agentVersion,
      sentAt: clock.now(),
    };
    try {
      const [refused] = await bus.putEvents([
        { detailType: detailTypes.hello, detail: JSON.stringify(detail) },
      ]);
      if (refused === undefined) status.accepted(0);
      else status.notSent(refused);
    } catch (error) {
      status.notSent(error);
    }
  }

  /** False when the message was left to another receiver. */
  async #take(message: InboxMessage): Promise<boolean> {
    const parsed = parse(message.body);
    if (!parsed) {
      this.#options.status.warn('message-invalid', message.body.slice(0, 200));
    } else if (parsed.type === 'epoch') {
      return this.#takeEpoch(parsed, message);
    } else if (parsed.type === 'desired') {
      this.#options.onDesired?.();
    } else if (this.#epoch !== undefined && parsed.epoch > this.#epoch) {
      // Another process's, or ours of an epoch whose announcement is still under way: the queue keeps no order. Who is superseded
      // learns it from the announcement, from the answer to its next heartbeat, or from the Lease.
      await message.release();
      return false;
    } else if (parsed.epoch === this.#epoch) {
      if (parsed.type === 'manifests') this.#options.onManifests(parsed.shards);
      else if (parsed.type === 'published') this.#options.onPublished?.(parsed.pods);
      else this.#options.onResend(parsed.shards, parsed.endpoints);
    }
    await message.ack();
    return true;
  }

  /**
   * Ours: taken when it is higher than what we have. Somebody else's: when it is higher than ours we are superseded and
   * leave the message to its owner; otherwise it is an old one, or its owner will ask again.
   */
  async #takeEpoch(answer: HubMessage & { type: 'epoch' }, message: InboxMessage): Promise<boolean> {
    if (answer.process === this.process) {
      if (this.#epoch === undefined || answer.epoch > this.#epoch) {
        this.#epoch = answer.epoch;
        this.#taken.clear();
        // A hub that knows a later version knows ours, too.
        for (const feature of agentFeatures)
          if ((answer[feature] ?? 0) >= featureVersions[feature]) this.#taken.add(feature);
        this.#options.onEpoch(answer.epoch);
        this.#answered.ring();
      }
    } else if (this.#epoch !== undefined && answer.epoch >= this.#epoch) {
      this.#options.onSuperseded();
      await message.release();
      return false;
    }
    await message.ack();
    return true;
  }
}

function parse(body: string): HubMessage | undefined {
  try {
    const parsed = hubMessage.parse(JSON.parse(body));
    return parsed.schema === schemaVersion ? parsed : undefined;
  } catch {
    return undefined;
  }
}
