import { shardOf } from '../../lib/core/model/endpoint.ts';
import { schemaVersion } from '../../lib/core/model/messages.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import { digestEvent } from './digests.ts';
import { firstCall, manifestEvents, shardManifests } from './manifests.ts';
import type { Pending, PendingEntry } from './pending.ts';
import type { BusEntry } from './ports.ts';
import type { AgentStatus } from './status.ts';
import { backOff, pause } from './timing.ts';
import type { Told } from './told.ts';

const retry = { base: 200, cap: 30_000 };

export interface StatementsOptions {
  /** Error codes by entry, or undefined when the whole call failed. */
  put: (entries: readonly BusEntry[]) => Promise<(string | undefined)[] | undefined>;
  told: Told;
  /** What statements say of services: whether they are told. */
  services: () => { services?: true };
  pending: Pending;
  resting: ReadonlyMap<string, PendingEntry>;
  status: AgentStatus;
  clock: Clock;
  random: Random;
  source: string;
  /** Something can be sent again. */
  ring: () => void;
}

/** What can be said now. */
export type Statement = 'digest' | ReadonlySet<number>;

/** What the agent says about whole shards: digests and manifests, when they are due and nothing contradicts them. */
export class Statements {
  readonly #options: StatementsOptions;
  /** Shards whose manifests are due once everything that waited at that time is sent. */
  readonly #due = new Set<number>();
  /** Those of them that follow a resend, for hubs that compare digests. */
  readonly #resent = new Set<number>();
  #dueTicket = 0;
  #digestDue = false;
  /** What was refused sits out its delay, so that it does not hold up changes. */
  #rests = false;
  #failures = 0;
  /** Counts the epochs: an answer to a call of an earlier one counts for nothing. */
  #round = 0;

  constructor(options: StatementsOptions) {
    this.#options = options;
  }

  clear(): void {
    this.#round += 1;
    this.#due.clear();
    this.#resent.clear();
    this.#digestDue = false;
  }

  requestDigest(): void {
    this.#digestDue = true;
  }

  requestManifests(shards: Iterable<number>, { resent }: { resent: boolean }): void {
    for (const shard of shards) {
      this.#due.add(shard);
      if (resent) this.#resent.add(shard);
    }
    this.#dueTicket = this.#options.pending.ticket;
  }

  /** Nothing while the Kubernetes API is not heard: what is known would count as compared with now. A digest at any other time; manifests when what waited as they were asked for is sent, of shards of which nothing rests. */
  next(): Statement | undefined {
    if (this.#rests || !this.#options.status.hears()) return undefined;
    if (this.#digestDue) return 'digest';
    const { pending, resting } = this.#options;
    if (this.#due.size === 0 || pending.oldestTicket <= this.#dueTicket) return undefined;
    const held = new Set([...resting.keys()].map(shardOf));
    const ready = new Set([...this.#due].filter((shard) => !held.has(shard)));
    return ready.size > 0 ? ready : undefined;
  }

  /** False when the call as a whole failed. */
  async send(
    statement: Statement,
    at: { epoch: number; sequence: number; stop: AbortSignal },
  ): Promise<boolean> {
    return statement === 'digest' ? this.#sendDigest(at) : this.#sendManifests(statement, at);
  }

  async #sendDigest(at: { epoch: number; sequence: number; stop: AbortSignal }): Promise<boolean> {
    const { clock, pending, put, resting, services, status, told } = this.#options;
    const round = this.#round;
    const uncertain = new Set([...resting.keys(), ...pending.uncertain()].map(shardOf));
    const head = {
      schema: schemaVersion,
      epoch: at.epoch,
      sentAt: clock.now(),
      cut: at.sequence,
      ...services(),
    };
    const results = await put([digestEvent(told.entries(), uncertain, head)]);
    if (results === undefined) return false;
    if (round !== this.#round) return true;
    if (results[0] !== undefined) {
      this.#rest(at.stop);
      return true;
    }
    this.#failures = 0;
    this.#digestDue = false;
    status.digested();
    return true;
  }

  async #sendManifests(
    ready: ReadonlySet<number>,
    at: { epoch: number; sequence: number; stop: AbortSignal },
  ): Promise<boolean> {
    const { clock, put, services, source, status, told } = this.#options;
    const round = this.#round;
    const manifests = shardManifests(told.everything(ready), ready, at.sequence).map((manifest) =>
      this.#resent.has(manifest.shard) ? { ...manifest, resent: true as const } : manifest,
    );
    const envelope = { schema: schemaVersion, epoch: at.epoch, sentAt: clock.now(), source, ...services() };
    const call = firstCall(manifestEvents(manifests, envelope));
    const results = await put(call.map(({ entry }) => entry));
    if (results === undefined) return false;
    if (round !== this.#round) return true;
    let refused = 0;
    for (const [index, { shards }] of call.entries()) {
      if (results[index] !== undefined) {
        refused += 1;
        continue;
      }
      for (const shard of shards) {
        this.#due.delete(shard);
        this.#resent.delete(shard);
      }
    }
    if (refused < call.length) status.accepted(0);
    if (refused > 0) this.#rest(at.stop);
    else this.#failures = 0;
    if (this.#due.size === 0) status.started = true;
    return true;
  }

  #rest(stop: AbortSignal): void {
    const { clock, random, ring } = this.#options;
    this.#rests = true;
    void pause(clock, backOff(this.#failures++, retry, random), stop).then(() => {
      this.#rests = false;
      ring();
    });
  }
}
