import { ZonebridgeError } from '../../../core/errors.ts';
import type {
  ConnectionRequest,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
  Outcome,
} from '../../../core/firewall.ts';
import { canonicalAddress } from '../../../core/model/address.ts';
import { Attempt, closeReport, openReport, type OpenReport, readEach } from '../../shared/attempt.ts';
import { foreign } from '../../shared/marks.ts';
import type { PanoramaClient } from '../client.ts';
import { tagName } from '../names.ts';
import type { PanoramaSettings } from '../schema.ts';
import type { Channel } from '../../shared/channels.ts';
import { groupsWithTag } from './dynamic-groups.ts';
import { readOffer } from './offers.ts';
import { inForce, judge, membersAmong, type Pending, refusalOf } from './outcomes.ts';
import { listTagged, probe } from './registered.ts';
import { renewTags, type Sender } from './renewal.ts';
import { canonicalIp, type Operation, type RefusedEntry, sendUid } from './uid-message.ts';

/** Entries of one message. No source gives a limit; the page size of the same table is what we send at most. */
const entriesMax = 500;
/** Addresses that are asked why they were refused; for the others the message of the device has to do. */
const askedWhyMax = 10;

type Request = Pick<ConnectionRequest<PanoramaSettings>, 'hub' | 'firewall' | 'commentFor'>;

/**
 * Members as addresses that carry a tag (`type=user-id`): no commit, and at any size one call adds, removes or moves up to 500 of them.
 * A tag needs not be made: it is there as soon as an address carries it, and its name says whether it is ours.
 */
export class TagsChannel implements Channel {
  readonly #client: PanoramaClient;
  readonly #request: Request;

  constructor(client: PanoramaClient, request: Request) {
    this.#client = client;
    this.#request = request;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    if (object.create === 'offered') return await readOffer(this.#client, object.name);
    // Nothing is there to be seen, but whoever goes on from here should know that the table can be read.
    await probe(this.#client, object.name);
    return { exists: true, comment: this.#isOurs(object) ? this.#request.commentFor(object.name) : '' };
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    return await listTagged(this.#client, object.name);
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = await membersAmong(this.#client, object.name, addresses.map(canonicalIp));
    return new Map(addresses.map((address) => [address, members.has(canonicalIp(address))]));
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    return await groupsWithTag(this.#client, object.name);
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    if (!this.#isOurs(object)) throw foreign(object.name);
    const { count } = await this.references(object);
    if (count !== undefined && count > 0)
      throw new ZonebridgeError(
        'firewall/object-in-use',
        `a dynamic address group asks for tag ${object.name}`,
      );
    const remove = await this.observeMembers(object);
    const [report] = await this.apply([{ object, add: [], remove, expectedCount: 0 }]);
    for (const outcome of report?.outcomes.values() ?? []) if (outcome.state !== 'done') throw outcome.error;
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    // Since the last look another unit of the pair may have become active. From here on it stays the same, until the attempt has ended.
    this.#client.forgetUnit();
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    const pending = reports.flatMap((report) => {
      const { add, remove } = report.changes;
      return [...this.#pendingOf(report, 'unregister', remove), ...this.#pendingOf(report, 'register', add)];
    });
    for (let from = 0; from < pending.length; from += entriesMax)
      await this.#send(attempt, pending.slice(from, from + entriesMax), 'first');
    for (const report of reports) await this.#renew(attempt, report);
    for (const report of reports) noteCreation(report);
    return reports.map(closeReport);
  }

  /** The changes of one object that can be sent; the others get their outcome here. */
  #pendingOf(report: OpenReport, op: Operation, addresses: readonly string[]): Pending[] {
    const { object, createWith } = report.changes;
    if (object.create === 'own' && !this.#isOurs(object)) {
      const outcome: Outcome = { state: 'failed', error: foreign(object.name) };
      for (const asked of addresses) report.outcomes.set(asked, outcome);
      if (createWith) report.created = outcome;
      return [];
    }
    const timeoutSeconds = object.lifetimeMs === undefined ? undefined : Math.round(object.lifetimeMs / 1000);
    const of = (ip: string, asked: string): Pending => ({
      op,
      ip,
      tag: object.name,
      timeoutSeconds,
      report,
      asked,
    });
    if (op === 'unregister') return addresses.map((asked) => of(canonicalIp(asked), asked));
    return readEach(addresses, (asked) => of(canonicalAddress(asked), asked), report.outcomes);
  }

  /** One tag at a time, so that what an answer names is certain. */
  async #renew(attempt: Attempt, report: OpenReport): Promise<void> {
    const changes = this.#pendingOf(report, 'register', report.changes.renew ?? []);
    const sender: Sender = {
      client: this.#client,
      attempt,
      send: async (some) => await this.#send(attempt, some, 'first'),
      fail: async (one) => await this.#fail(attempt, one, true),
    };
    // Each is two entries of the message.
    for (let from = 0; from < changes.length; from += entriesMax / 2)
      await renewTags(sender, changes.slice(from, from + entriesMax / 2));
  }

  /** One message. What its answer leaves open is read, and sent once more where it is not in force. */
  async #send(attempt: Attempt, changes: readonly Pending[], time: 'first' | 'again'): Promise<void> {
    if (changes.length === 0) return;
    let refused: readonly RefusedEntry[] = [];
    const sent = await attempt.step(async () => {
      refused = await sendUid(this.#client, changes);
    });
    if (sent.state !== 'done' || refused.length === 0) {
      for (const change of changes) settle(change, sent);
      return;
    }
    const judged = judge(changes, refused);
    for (const change of judged.done) settle(change, { state: 'done' });
    for (const [index, one] of judged.failed.entries()) await this.#fail(attempt, one, index < askedWhyMax);
    if (judged.open.length > 0) await this.#readBack(attempt, judged.open, time);
  }

  async #readBack(attempt: Attempt, open: readonly Pending[], time: 'first' | 'again'): Promise<void> {
    let there: ReadonlySet<Pending> = new Set();
    const read = await attempt.step(async () => {
      there = await inForce(this.#client, open);
    });
    for (const change of there) settle(change, { state: 'done' });
    const left = open.filter((change) => !there.has(change));
    if (left.length === 0) return;
    if (read.state !== 'done' || time === 'again') {
      for (const change of left) settle(change, { state: 'unknown', error: unclear(change) });
      return;
    }
    // Each address once in a message, so that this time the answer is certain for each of them.
    for (const round of rounds(left)) await this.#send(attempt, round, 'again');
  }

  async #fail(attempt: Attempt, one: { change: Pending; message: string }, ask: boolean): Promise<void> {
    const { change, message } = one;
    let error = new ZonebridgeError(
      'firewall/rejected',
      `${change.op} ${change.ip} ${change.tag}: ${message}`,
    );
    if (ask) {
      await attempt.step(async () => {
        error = await refusalOf(this.#client, one);
      });
    }
    settle(change, { state: 'failed', error });
  }

  #isOurs({ create, group, name, channel }: ObjectRef): boolean {
    const { hub, firewall } = this.#request;
    return create === 'own' && name === tagName({ hub, firewall, group, channel });
  }
}

function rounds(changes: readonly Pending[]): Pending[][] {
  const result: Pending[][] = [];
  for (const change of changes) {
    const free = result.find((round) => !round.some(({ op, ip }) => op === change.op && ip === change.ip));
    if (free) free.push(change);
    else result.push([change]);
  }
  return result;
}

function settle({ report, asked }: Pending, outcome: Outcome): void {
  report.outcomes.set(asked, outcome);
}

/** Making a tag is no call of its own: it fails with its first members alone. */
function noteCreation(report: OpenReport): void {
  if (!report.changes.createWith || report.created) return;
  const outcomes = [...report.outcomes.values()];
  const first = outcomes[0];
  report.created =
    first && first.state !== 'done' && outcomes.every(({ state }) => state !== 'done')
      ? first
      : { state: 'done' };
}

function unclear({ op, ip, tag }: Pending): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/outcome-unknown',
    `${op} ${ip} ${tag}: the answer leaves open what was done`,
  );
}
