import { ZonebridgeError } from '../../lib/core/errors.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { claimedAddresses, parseEndpointId, shardOf } from '../../lib/core/model/endpoint.ts';
import type { ChangeCause } from '../../lib/core/model/messages.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import { Batch, limits, type Outgoing, utf8 } from './batch.ts';
import { ClaimOrder } from './claim-order.ts';
import { allShards } from './manifests.ts';
import { Pending, type PendingEntry } from './pending.ts';
import type { EventBus, TouchedHow } from './ports.ts';
import { Statements } from './statements.ts';
import type { AgentStatus } from './status.ts';
import type { Store } from './store.ts';
import { backOff, Bell, pause } from './timing.ts';
import { Told } from './told.ts';

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

/** What the hub that gave an epoch takes. */
interface HubTakes {
  digests?: boolean;
  claims?: boolean;
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
  readonly #told: Told;
  readonly #order = new ClaimOrder();
  readonly #statements: Statements;
  readonly #bell = new Bell();
  #epoch: number | undefined;
  #sequence = 0;
  /** The hub compares digests. */
  #digests = false;
  /** The hub asks who has an address later than another. */
  #claims = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { clock, random, source, status, store } = options;
    this.#told = new Told(store);
    this.#statements = new Statements({
      put: (entries) => this.#put(entries),
      told: this.#told,
      services: () => store.servicesTold,
      pending: this.#pending,
      resting: this.#resting,
      status,
      clock,
      random,
      source,
      ring: () => this.#bell.ring(),
    });
  }

  get pending(): number {
    return this.#pending.size + this.#resting.size;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** An epoch: everything is told anew. */
  begin(epoch: number, { digests = false, claims = false }: HubTakes = {}): void {
    this.#epoch = epoch;
    this.#digests = digests;
    this.#claims = claims;
    this.#sequence = 0;
    this.#pending.clear();
    this.#resting.clear();
    this.#statements.clear();
    this.#told.clear();
    this.#order.begin(this.#options.store.claimants());
    this.include(this.#options.store.ids());
  }

  /**
   * These endpoints are told from now on. To a hub that compares digests only the digest of everything is sent: it asks for what it lacks. To an
   * older one they are sent, and then the manifests of all shards.
   */
  include(ids: Iterable<string>): void {
    if (this.#digests) {
      this.#told.assume(ids, (id, bytes) => this.#refuse(id, bytes));
      this.digest();
    } else {
      this.#send(ids, 'start');
      this.#demand(allShards, { resent: false });
    }
  }

  /** What waited may be sayable now. */
  wake(): void {
    this.#bell.ring();
  }

  /** The digest of everything is due. */
  digest(): void {
    if (this.#epoch === undefined || !this.#digests) return;
    this.#statements.requestDigest();
    this.#bell.ring();
  }

  /** The manifests of these shards are wanted. */
  manifests(shards: readonly number[]): void {
    if (this.#epoch !== undefined) this.#demand(shards, { resent: false });
  }

  /** The endpoints of these shards again, changed or not, or those that are named; then the manifests of the shards. */
  resend(shards: readonly number[], endpoints?: readonly string[]): void {
    if (this.#epoch === undefined) return;
    const [wanted, named] = [new Set(shards), endpoints && new Set(endpoints)];
    const ids = [...this.#options.store.ids()];
    this.#send(
      ids.filter((id) => (named ? named.has(id) : wanted.has(shardOf(id)))),
      'relist',
    );
    this.#demand(shards, { resent: this.#digests });
  }

  /** A record may have changed; before the first epoch this is not news. */
  touch(id: string, cause: ChangeCause, { isAddressed }: TouchedHow = {}): void {
    if (this.#epoch === undefined) return;
    const { clock, store } = this.#options;
    if (!store.has(id)) this.#order.forget(id);
    else if (isAddressed) this.#noteClaim(id, cause);
    this.#tellLater(id);
    this.#pending.touch(id, { cause, time: clock.now(), removed: !store.has(id) });
    this.#bell.ring();
  }

  #noteClaim(id: string, cause: ChangeCause): void {
    const claimant = this.#options.store.claimant(parseEndpointId(id).uid);
    if (claimant) this.#order.note(claimant, this.#sequence, { isListed: cause !== 'watch' });
    else this.#order.forget(id);
  }

  /** Runs until stopped; a call under way is finished. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!stop.aborted) {
      await this.#bell.wait(stop);
      while (!stop.aborted && this.#epoch !== undefined) {
        const statement = this.#statements.next();
        if (statement === undefined && this.#pending.size === 0) break;
        const at = { epoch: this.#epoch, sequence: this.#sequence, stop };
        const reached =
          statement === undefined
            ? await this.#sendChanges(this.#epoch, stop)
            : await this.#statements.send(statement, at);
        failures = reached ? 0 : failures + 1;
        if (!reached) await pause(clock, backOff(failures - 1, callRetry, random), stop);
      }
    }
  }

  #send(ids: Iterable<string>, cause: ChangeCause): void {
    const time = this.#options.clock.now();
    for (const id of ids) {
      this.#tellLater(id);
      this.#pending.touch(id, { cause, time, force: true });
    }
  }

  /**
   * A pod whose machine is gone stays listed with an address that another one has by now. What is told of it goes together with that other
   * one: the hub may not have heard of it yet, and would put the address where the dead pod belongs.
   */
  #tellLater(id: string): void {
    if (!this.#claims) return;
    const time = this.#options.clock.now();
    for (const later of this.#order.later(id, this.#addressesOf(id)))
      this.#pending.touch(later, { cause: 'relist', time, force: true });
  }

  #addressesOf(id: string): readonly string[] {
    const record = this.#options.store.record(id);
    return record ? claimedAddresses(record) : [];
  }

  #demand(shards: readonly number[], how: { resent: boolean }): void {
    this.#statements.requestManifests(shards, how);
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
        this.#told.settle(change.id, change.hash);
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
      if (!entry.force && this.#told.has(id, hash)) return undefined;
      const claims = this.#claims && claimedAddresses(record).length > 0;
      const since = claims ? { since: this.#order.of(id) } : {};
      const json = JSON.stringify({ ...head, ...since, upsert: record });
      if (utf8(json) <= limits.recordBytes) {
        this.#told.unrefuse(id);
        return { id, json, hash };
      }
      this.#refuse(id, utf8(json));
      // What the hub knows of it is no longer true, and what is true cannot be told: it leaves the groups.
      if (!this.#told.has(id) && !entry.force) return undefined;
    }
    if (!store.has(id)) this.#told.unrefuse(id);
    const remove = parseEndpointId(id);
    return { id, json: JSON.stringify({ ...head, remove }), hash: undefined };
  }

  #refuse(id: string, bytes: number): void {
    const { status } = this.#options;
    if (!this.#told.refuse(id)) return;
    const message = `the record of ${id} has ${bytes} bytes`;
    status.warn('record-too-large', message);
    status.failed('a record was refused', new ZonebridgeError('agent/record-too-large', message));
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
