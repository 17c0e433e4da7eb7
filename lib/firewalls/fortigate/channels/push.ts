import { z } from 'zod';
import { ZonebridgeError, isZonebridgeError } from '../../../core/errors.ts';
import type {
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
} from '../../../core/firewall.ts';
import type { Envelope } from '../envelope.ts';
import type { FortigateClient, Query } from '../client.ts';
import { row, table } from '../client.ts';
import { isDuplicate } from '../errors.ts';
import { feedEntry } from '../translate.ts';
import { isAtLeast, pushSince } from '../version.ts';
import type { OpenReport } from '../../shared/attempt.ts';
import {
  Attempt,
  closeReport,
  isThere,
  makeFirst,
  openReport,
  validAdditions,
} from '../../shared/attempt.ts';
import type { Channel } from '../../shared/channels.ts';
import type { Marks } from '../../shared/marks.ts';
import { foreign } from '../../shared/marks.ts';
import { readRow, readTable, type Row, textOf } from './rows.ts';
import type { FeedCommand } from './push-chunks.ts';
import { chunksOf } from './push-chunks.ts';
import { type ConfigObject, deleteConfigObject, readUse } from './uses.ts';

const resources = table('system', 'external-resource');
const monitor = '/api/v2/monitor/system/external-resource';

/** Assumption: the type of `overflow` is not documented. */
const flag = z.union([z.boolean(), z.number(), z.string()]).optional();
const counts = z.looseObject({
  valid_count: z.number().int().nonnegative(),
  invalid_count: z.number().int().nonnegative().default(0),
  overflow: flag,
});
const listing = counts.extend({
  entries: z.array(z.looseObject({ entry: z.string(), valid: z.boolean().optional() })),
  matched_valid: z.number().optional(),
});

/** Elements of the answer to a push where the version gives them: one per command, else those of a feed tell of all its commands. */
const commandResults = z.array(
  z.looseObject({
    name: z.string(),
    status: z.string(),
    error: z.union([z.string(), z.number()]).optional(),
  }),
);

/** Beyond this many questions the whole list is cheaper than asking for each entry. */
const listFrom = 5;

/** Members as entries of a pushed feed (`system/external-resource`, from FortiOS 7.2.1): changing them writes no configuration. */
export class PushChannel implements Channel {
  readonly #client: FortigateClient;
  readonly #marks: Marks;

  constructor(client: FortigateClient, marks: Marks) {
    this.#client = client;
    this.#marks = marks;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    this.#requirePush();
    const found = await readRow(this.#client, row(resources, object.name));
    if (!found) return { exists: false, comment: '' };
    const comment = textOf(found, 'comments');
    if (this.#marks.isFor(object, comment)) requirePushed(object, found);
    return { exists: true, comment };
  }

  /** Every external resource by name and comment, 1,000 to a call. Not filtered: that `filter` looks into comments is not confirmed. */
  async listObjects(): Promise<readonly NamedComment[]> {
    const rows = await readTable(this.#client, resources, { format: 'name|comments' });
    return rows.map((found) => ({ name: found.name, comment: textOf(found, 'comments') }));
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    return await readUse(this.#client, feedOf(object));
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const found = await this.observeObject(object);
    if (!found.exists) return;
    if (!this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
    await deleteConfigObject(this.#client, feedOf(object));
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    // Assumption: `count=0` asks for all entries, as a captured request does; fewer than are counted is an error.
    const { entries, valid_count: valid, invalid_count: invalid } = await this.#list(object, { count: 0 });
    if (entries.length < valid + invalid) throw unreadable(object);
    const bad = entries.filter((entry) => entry.valid === false);
    if (bad.length > 0) {
      const shown = bad.slice(0, 3).map(({ entry }) => JSON.stringify(entry.slice(0, 60)));
      throw new ZonebridgeError(
        'firewall/rejected',
        `feed ${object.name} holds ${bad.length} lines the firewall cannot use, such as ${shown.join(', ')}: remove them there`,
      );
    }
    return [...new Set(entries.map(({ entry }) => feedEntry(entry)))];
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const found = new Map<string, boolean>();
    for (const address of addresses.length < listFrom ? addresses : []) {
      const member = await this.#has(object, address);
      if (member !== undefined) found.set(address, member);
    }
    if (found.size === addresses.length) return found;
    const members = new Set(await this.observeMembers(object));
    return new Map(addresses.map((address) => [address, members.has(address)]));
  }

  /**
   * Asks for one entry; undefined when the device did not understand the question.
   * Assumption: `entry` looks for this very text and `matched_valid` counts what was found.
   */
  async #has(object: ObjectRef, address: string): Promise<boolean | undefined> {
    const { entries, matched_valid: matched } = await this.#list(object, { entry: address, count: 0 });
    if (entries.some(({ entry }) => feedEntry(entry) === address)) return true;
    return matched === 0 ? false : undefined;
  }

  async #list(object: ObjectRef, query: Query): Promise<z.infer<typeof listing>> {
    this.#requirePush();
    const found = await this.#client.get(`${monitor}/entry-list`, { mkey: object.name, ...query });
    const list = listing.safeParse(found.results);
    if (!list.success) throw unreadable(object);
    return list.data;
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    const create = async (object: ObjectRef, comment: string): Promise<void> =>
      await this.#createFeed(object, comment);
    for (const report of reports) await makeFirst(attempt, report, { create });
    const ready = reports.filter(isThere);
    for (const report of ready) validAdditions(report);
    for (const chunk of chunksOf(ready)) await this.#send(attempt, chunk);
    for (const report of ready) await this.#count(attempt, report);
    return reports.map(closeReport);
  }

  async #createFeed(object: ObjectRef, comment: string): Promise<void> {
    this.#requirePush();
    const fields = {
      name: object.name,
      type: 'address',
      status: 'enable',
      'update-method': 'push',
      comments: comment,
    };
    try {
      await this.#client.post(resources, fields);
    } catch (error) {
      if (!isDuplicate(error) && !isZonebridgeError(error, 'firewall/outcome-unknown')) throw error;
      // There already, or perhaps there: what is stored under the name decides.
      const found = await this.observeObject(object);
      if (!found.exists) throw error;
      if (!this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
    }
  }

  /** One POST for many feeds. When it is refused, each feed is sent alone, so that one bad feed does not stop the others. */
  async #send(attempt: Attempt, chunk: readonly FeedCommand[]): Promise<void> {
    const refused = new Map<FeedCommand, ZonebridgeError>();
    const outcome = await attempt.step(async () => {
      this.#requirePush();
      await this.#push(chunk, refused);
    });
    const owners = new Set(chunk.map(({ report }) => report));
    if (outcome.state === 'failed' && owners.size > 1) {
      for (const owner of owners) {
        await this.#send(
          attempt,
          chunk.filter(({ report }) => report === owner),
        );
      }
      return;
    }
    for (const command of chunk) {
      const error = refused.get(command);
      for (const entry of command.entries) {
        command.report.outcomes.set(entry, error ? { state: 'failed', error } : outcome);
      }
    }
  }

  async #push(chunk: readonly FeedCommand[], refused: Map<FeedCommand, ZonebridgeError>): Promise<void> {
    const commands = chunk.map(({ report, command, entries }) => ({
      name: report.object.name,
      command,
      entries,
    }));
    let found: Envelope;
    try {
      found = await this.#client.post(`${monitor}/dynamic`, { commands });
    } catch (error) {
      // The envelope of the refusal tells the real version.
      this.#requirePush();
      throw error;
    }
    const results = commandResults.safeParse(found.results);
    if (!results.success) return;
    for (const [index, { name, status, error }] of results.data.entries()) {
      if (status !== 'error') continue;
      const ofFeed = chunk.filter(({ report }) => report.object.name === name);
      const own = results.data.length === chunk.length ? chunk[index] : undefined;
      const meant = own && ofFeed.includes(own) ? [own] : ofFeed;
      // A refusal that names no feed of ours may be about any of them.
      if (meant.length === 0) throw commandError(name, error);
      for (const command of meant) refused.set(command, commandError(name, error));
    }
  }

  /** A push can succeed and still be cut, so every changed feed is counted. */
  async #count(attempt: Attempt, report: OpenReport): Promise<void> {
    const outcomes = [...report.outcomes.values()];
    if (!outcomes.some(({ state }) => state === 'done')) return;
    const { name } = report.object;
    const { expectedCount } = report.changes;
    const outcome = await attempt.step(async () => {
      const found = await this.#client.get(`${monitor}/entry-list`, { mkey: name, counts_only: 'true' });
      const parsed = counts.safeParse(found.results);
      if (!parsed.success) throw unreadable(report.object);
      const { valid_count: valid, invalid_count: invalid, overflow } = parsed.data;
      report.countAfter = valid;
      const complete = outcomes.every(({ state }) => state === 'done');
      if (isSet(overflow)) {
        throw new ZonebridgeError(
          'firewall/truncated',
          `feed ${name} overflows: it keeps ${valid} of ${expectedCount} entries`,
        );
      }
      if (invalid > 0) {
        throw new ZonebridgeError(
          'firewall/rejected',
          `feed ${name} holds ${invalid} entries that the firewall cannot use`,
        );
      }
      if (complete && valid !== expectedCount) {
        throw new ZonebridgeError(
          'firewall/count-differs',
          `feed ${name} holds ${valid} entries, ${expectedCount} were expected`,
        );
      }
    });
    if (outcome.state !== 'done') report.suspicion = outcome.error;
  }

  #requirePush(): void {
    const { version } = this.#client;
    if (isAtLeast(version, pushSince)) return;
    throw new ZonebridgeError(
      'firewall/unsupported',
      `FortiOS ${version} takes no pushed feeds, they exist from ${pushSince}: use channel "objects"`,
    );
  }
}

function feedOf({ name }: ObjectRef): ConfigObject {
  return { path: 'system', table: 'external-resource', name };
}

function isSet(value: boolean | number | string | undefined): boolean {
  return typeof value === 'string' ? !['', 'false', 'disable', '0'].includes(value) : Boolean(value);
}

function requirePushed(object: ObjectRef, found: Row): void {
  const [type, method] = [textOf(found, 'type'), textOf(found, 'update-method')];
  if (type !== 'address' || method !== 'push')
    throw new ZonebridgeError(
      'firewall/unsupported',
      `external resource ${object.name} has type ${type.slice(0, 40)} and update-method ${method.slice(0, 40)}: it must be "address" and "push"`,
    );
  if (textOf(found, 'status') === 'disable')
    throw new ZonebridgeError(
      'firewall/rejected',
      `external resource ${object.name} is disabled, so that rules that use it match none of its members: set its status to "enable"`,
    );
}

function unreadable(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/unexpected-answer',
    `the entry list of feed ${object.name} came back incomplete`,
  );
}

/** Assumption: the wording of a refused command is not documented; "not found" or -3 means that the feed is gone. */
function commandError(name: string, error: string | number | undefined): ZonebridgeError {
  const said = String(error ?? 'no reason given').slice(0, 100);
  const code = /not found|^-3$/i.test(said) ? 'firewall/object-missing' : 'firewall/rejected';
  return new ZonebridgeError(code, `feed ${name}: the firewall refused the command (${said})`);
}
