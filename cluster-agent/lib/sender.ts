import { ZonebridgeError } from '../../lib/core/errors.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { type EndpointKind, shardOf } from '../../lib/core/model/endpoint.ts';
import { type ChangeCause, schemaVersion } from '../../lib/core/model/messages.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import { Batch, limits, type Outgoing, utf8 } from './batch.ts';
import { allShards, firstCall, manifestEvents, shardManifests } from './manifests.ts';
import { Pending, type PendingEntry } from './pending.ts';
import type { EventBus } from './ports.ts';
import type { AgentStatus } from './status.ts';
import type { Store } from './store.ts';
import { backOff, Bell, pause } from './timing.ts';

const callRetry = { base: 200, cap: 30_000 };
const entryRetry = { base: 100, cap: 30_000 };

export interface SenderOptions {
  bus: EventBus;
  store: Store;
  status: AgentStatus;
  clock: Clock;
  random: Random;
  /** Event source of this cluster. */
  source: string;
}

/**
 * Sends what waits, one call at a time: the first change after a quiet time at once, and what collects while a call is
 * under way with the next one. Sends nothing before `begin`.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #pending = new Pending();
  /** Failed ids that sit out their delay. */
  readonly #resting = new Map<string, PendingEntry>();
  /** Content hash of what the hub accepted last in this epoch, by id. */
  readonly #accepted = new Map<string, string>();
  /** Endpoints whose record is too large to be sent. */
  readonly #refused = new Set<string>();
  readonly #bell = new Bell();
  #epoch: number | undefined;
  #sequence = 0;
  /** Shards whose manifests are due once everything that waited at that time is sent. */
  #due = new Set<number>();
  #dueTicket = 0;
  #manifestsRest = false;
  #manifestFailures = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#pending.size + this.#resting.size;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** An epoch: everything is sent under it, then the manifests of all shards. */
  begin(epoch: number): void {
    this.#epoch = epoch;
    this.#sequence = 0;
    this.#accepted.clear();
    this.#pending.clear();
    this.#resting.clear();
    this.#refused.clear();
    this.#due.clear();
    this.#request(allShards, 'start');
  }

  /** The endpoints of these shards again, changed or not, and then their manifests. */
  resend(shards: readonly number[]): void {
    if (this.#epoch !== undefined) this.#request(shards, 'relist');
  }

  /** A record may have changed; before the first epoch this is not news. */
  touch(id: string, cause: ChangeCause): void {
    if (this.#epoch === undefined) return;
    const { clock, store } = this.#options;
    this.#pending.touch(id, { cause, time: clock.now(), removed: !store.has(id) });
    this.#bell.ring();
  }

  /** Runs until stopped; a call under way is finished. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!stop.aborted) {
      await this.#bell.wait(stop);
      while (!stop.aborted && this.#epoch !== undefined) {
        const shards = this.#readyShards();
        if (shards.size === 0 && this.#pending.size === 0) break;
        const reached =
          shards.size > 0
            ? await this.#sendManifests(this.#epoch, { shards, stop })
            : await this.#sendChanges(this.#epoch, stop);
        failures = reached ? 0 : failures + 1;
        if (!reached) await pause(clock, backOff(failures - 1, callRetry, random), stop);
      }
    }
  }

  /** Shards whose manifests can go: what waited when they were asked for is sent, and nothing of them rests. */
  #readyShards(): Set<number> {
    if (this.#manifestsRest || this.#due.size === 0 || this.#pending.oldestTicket <= this.#dueTicket)
      return new Set();
    const resting = new Set([...this.#resting.keys()].map(shardOf));
    return new Set([...this.#due].filter((shard) => !resting.has(shard)));
  }

  #request(shards: readonly number[], cause: ChangeCause): void {
    const { clock, store } = this.#options;
    const wanted = new Set(shards);
    const time = clock.now();
    for (const id of store.ids()) {
      if (wanted.has(shardOf(id))) this.#pending.touch(id, { cause, time, force: true });
    }
    for (const shard of wanted) this.#due.add(shard);
    this.#dueTicket = this.#pending.ticket;
    this.#bell.ring();
  }

  /** False when the call as a whole failed. */
  async #sendChanges(epoch: number, stop: AbortSignal): Promise<boolean> {
    const { clock, source, status } = this.#options;
    const batch = new Batch({ source, epoch, sentAt: clock.now() });
    const taken = new Map<string, PendingEntry>();
    for (const [id, entry] of this.#pending.entries()) {
      const change = this.#prepare(id, entry);
      if (change && !batch.add(change)) break;
      this.#pending.delete(id);
      if (!change) continue;
      this.#sequence += 1;
      taken.set(id, entry);
    }
    if (batch.entries.length === 0) return true;
    const results = await this.#put(batch.busEntries());
    // A new epoch meanwhile: everything waits again already.
    if (this.#epoch !== epoch) return true;
    if (results === undefined) {
      this.#pending.giveBack(taken);
      return false;
    }
    let accepted = 0;
    for (const [index, { changes }] of batch.entries.entries()) {
      if (results[index] !== undefined) continue;
      for (const change of changes) {
        this.#settle(change);
        taken.delete(change.id);
      }
      accepted += changes.length;
    }
    if (accepted > 0) status.accepted(accepted);
    if (taken.size > 0) this.#rest(taken, stop);
    return true;
  }

  /** The change for one id under the next sequence number, or undefined when there is nothing to say. */
  #prepare(id: string, entry: PendingEntry): Outgoing | undefined {
    const { store } = this.#options;
    const head = { sequence: this.#sequence + 1, time: entry.time, cause: entry.cause };
    if (store.has(id)) {
      const record = store.record(id);
      // Its namespace is not known yet and will touch it.
      if (!record) return undefined;
      const hash = contentHash(record);
      if (!entry.force && this.#accepted.get(id) === hash) return undefined;
      const json = JSON.stringify({ ...head, upsert: record });
      if (utf8(json) <= limits.recordBytes) {
        this.#refused.delete(id);
        return { id, json, hash };
      }
      this.#refuse(id, utf8(json));
      // What the hub knows of it is no longer true, and what is true cannot be told: it leaves the groups.
      if (!this.#accepted.has(id) && !entry.force) return undefined;
    }
    if (!store.has(id)) this.#refused.delete(id);
    const remove = { kind: kindOf(id), uid: id.slice(id.indexOf('|') + 1) };
    return { id, json: JSON.stringify({ ...head, remove }), hash: undefined };
  }

  #refuse(id: string, bytes: number): void {
    const { status } = this.#options;
    if (this.#refused.has(id)) return;
    this.#refused.add(id);
    const message = `the record of ${id} has ${bytes} bytes`;
    status.warn('record-too-large', message);
    status.failed('a record was refused', new ZonebridgeError('agent/record-too-large', message));
  }

  #settle(change: Outgoing): void {
    if (change.hash === undefined) this.#accepted.delete(change.id);
    else this.#accepted.set(change.id, change.hash);
  }

  /** Refused entries wait for a while of their own; the others go on. */
  #rest(failed: ReadonlyMap<string, PendingEntry>, stop: AbortSignal): void {
    const { clock, random } = this.#options;
    for (const [id, entry] of failed) this.#resting.set(id, entry);
    const attempts = Math.max(...[...failed.values()].map((entry) => entry.attempts));
    void pause(clock, backOff(attempts, entryRetry, random), stop).then(() => {
      // Those that are not resting any more were given up for a new epoch.
      const back = new Map([...failed].filter(([id, entry]) => this.#resting.get(id) === entry));
      for (const id of back.keys()) this.#resting.delete(id);
      this.#pending.giveBack(back);
      this.#bell.ring();
    });
  }

  async #sendManifests(
    epoch: number,
    { shards: ready, stop }: { shards: ReadonlySet<number>; stop: AbortSignal },
  ): Promise<boolean> {
    const { clock, source, status } = this.#options;
    const manifests = shardManifests(this.#hashes(ready), ready, this.#sequence);
    const envelope = { schema: schemaVersion, epoch, sentAt: clock.now(), source };
    const call = firstCall(manifestEvents(manifests, envelope));
    const results = await this.#put(call.map(({ entry }) => entry));
    if (results === undefined) return false;
    if (this.#epoch !== epoch) return true;
    let refused = 0;
    for (const [index, { shards }] of call.entries()) {
      if (results[index] !== undefined) refused += 1;
      else for (const shard of shards) this.#due.delete(shard);
    }
    if (refused < call.length) status.accepted(0);
    if (refused > 0) this.#restManifests(stop);
    else this.#manifestFailures = 0;
    if (this.#due.size === 0) status.started = true;
    return true;
  }

  /** Refused manifests wait, so that they do not hold up changes. */
  #restManifests(stop: AbortSignal): void {
    const { clock, random } = this.#options;
    this.#manifestsRest = true;
    void pause(clock, backOff(this.#manifestFailures++, callRetry, random), stop).then(() => {
      this.#manifestsRest = false;
      this.#bell.ring();
    });
  }

  /**
   * What the manifests list: what the hub accepted, and in addition what it should have but did not get yet. Never
   * less than what exists, because a complete manifest removes at the hub what it does not list.
   */
  *#hashes(shards: ReadonlySet<number>): Generator<readonly [string, string]> {
    yield* this.#accepted;
    const { store } = this.#options;
    for (const id of store.ids()) {
      if (this.#accepted.has(id) || this.#refused.has(id) || !shards.has(shardOf(id))) continue;
      const record = store.record(id);
      if (record) yield [id, contentHash(record)];
    }
  }

  /** Error codes by entry, or undefined when the whole call failed. */
  async #put(entries: Parameters<EventBus['putEvents']>[0]): Promise<(string | undefined)[] | undefined> {
    const { bus, status } = this.#options;
    try {
      const results = await bus.putEvents(entries);
      for (const refused of results) if (refused !== undefined) status.notSent(refused);
      return results;
    } catch (error) {
      status.notSent(error);
      return undefined;
    }
  }
}

function kindOf(id: string): EndpointKind {
  return id.startsWith('node|') ? 'node' : 'pod';
}
