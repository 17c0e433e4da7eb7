import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type {
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
} from '../../../core/firewall.ts';
import { Attempt, closeReport, type OpenReport, openReport, validAdditions } from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { OwnWrites } from '../../shared/own-writes.ts';
import { printable } from '../../shared/printable.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import { rowsOf } from '../envelope.ts';
import { isMissing } from '../errors.ts';
import { feedUrl, fileName } from '../names.ts';
import { feedBytesMax, feedEntriesMax } from '../schema.ts';
import { feedSince, isAtLeast } from '../version.ts';
import type { Channel } from '../../shared/channels.ts';
import { type FeedFile, formatFeed, parseFeed } from './feed-file.ts';

const fileData = z.looseObject({ content: z.string(), name: z.string(), size: z.number().optional() });
const resourceList = rowsOf(z.looseObject({ name: z.string(), resource: z.string().catch('') }));

/**
 * Members as lines of a hosted file that firewalls fetch (`fmg://<file>`). Nothing is installed. The whole content is set in one call, so
 * each run reads the file first: what a person edited is seen, and what is not ours stays. Nobody else of us writes it: the lease of the
 * manager is held. A file that is called otherwise is another file: firewalls fetch by name, so nobody looks for a new one.
 */
export class FeedChannel implements Channel {
  readonly #client: FortimanagerClient;
  readonly #marks: Marks;
  readonly #ownWrites: OwnWrites;

  constructor(client: FortimanagerClient, marks: Marks, ownWrites: OwnWrites) {
    this.#client = client;
    this.#marks = marks;
    this.#ownWrites = ownWrites;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const file = await this.#read(object);
    return { exists: file !== undefined, comment: file?.comment ?? '' };
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    return [...(await this.#readThere(object)).entries];
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const { entries } = await this.#readThere(object);
    return new Map(addresses.map((address) => [address, entries.has(address)]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    for (const report of reports) await this.#applyOne(attempt, report);
    return reports.map(closeReport);
  }

  async #applyOne(attempt: Attempt, report: OpenReport): Promise<void> {
    const { object, createWith, remove } = report.changes;
    const good = validAdditions(report);
    const most = feedEntriesMax(this.#client.settings);
    const bytes = feedBytesMax(this.#client.settings);
    let before: FeedFile | undefined;
    let refused: ZonebridgeError | undefined;
    const write = async (adding: readonly string[]): Promise<void> => {
      const next = changed(before ?? { comment: createWith?.comment ?? '', entries: new Set() }, {
        add: adding,
        remove,
      });
      // Removals make room, whatever was too much.
      const text = formatFeed(next);
      const tooMuch =
        next.entries.size > most
          ? `${most} entries`
          : Buffer.byteLength(text) > bytes
            ? `${bytes} bytes`
            : undefined;
      if (tooMuch !== undefined && adding.length > 0) {
        refused = new ZonebridgeError(
          'firewall/table-full',
          `feed ${object.name} would have more than ${tooMuch}`,
        );
        await write([]);
        return;
      }
      if (!before || !isSame(before.entries, next.entries)) {
        await this.#set(object, text);
        this.#ownWrites.note(object.name, before?.entries, next.entries);
      }
      report.countAfter = next.entries.size;
    };
    const outcome = await attempt.step(async () => {
      before = await this.#toChange(object, createWith !== undefined);
      try {
        await write(good);
      } catch (error) {
        if (
          !(error instanceof ZonebridgeError) ||
          error.code !== 'firewall/table-full' ||
          remove.length === 0
        )
          throw error;
        refused = error;
        await write([]);
      }
    });
    if (createWith) report.created = outcome;
    const addOutcome =
      outcome.state === 'done' && refused ? ({ state: 'failed', error: refused } as const) : outcome;
    for (const address of good) report.outcomes.set(address, addOutcome);
    for (const address of remove) report.outcomes.set(address, outcome);
    if (outcome.state === 'done') compare(report);
  }

  /** The file as it is; undefined when it is to be made. Throws for what is not there, or not ours. */
  async #toChange(object: ObjectRef, create: boolean): Promise<FeedFile | undefined> {
    const found = await this.#read(object);
    if (!found && !create) throw missing(object);
    this.#ownWrites.refuseLate(object.name, found?.entries);
    if (found && !this.#marks.isFor(object, found.comment)) throw foreign(object.name);
    return found;
  }

  /** Firewalls fetch what is used by a connector of the ADOM; other ADOMs are not looked into. */
  async references(object: ObjectRef): Promise<ObjectUse> {
    const { adom } = this.#client.settings;
    const wanted = `fmg://${fileName(object.name, adom)}`;
    const found = await this.#client.readOne({
      url: `/pm/config/adom/${adom}/obj/system/external-resource`,
      fields: ['name', 'resource'],
      loadsub: 0,
    });
    const resources = resourceList.safeParse(found);
    if (!resources.success)
      throw new ZonebridgeError(
        'firewall/unexpected-answer',
        'the list of external resources came back incomplete',
      );
    const users = resources.data
      .filter(({ resource }) => resource === wanted)
      .map(({ name }) => ({ where: 'system/external-resource', key: name, field: 'resource' }));
    return { count: users.length, users };
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const found = await this.#read(object);
    if (!found) return;
    if (!this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
    const { users } = await this.references(object);
    // Assumption: the manager deletes a hosted file although a connector names it; so we look before.
    if (users.length > 0)
      throw new ZonebridgeError(
        'firewall/object-in-use',
        `${object.name} is fetched by ${printable(users.map(({ key }) => key).join(', '))}`,
      );
    try {
      await this.#client.writeOne('delete', this.#param(object));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async #readThere(object: ObjectRef): Promise<FeedFile> {
    const file = await this.#read(object);
    if (!file) throw missing(object);
    return file;
  }

  /** Undefined when the manager says that there is no such file. */
  async #read(object: ObjectRef): Promise<FeedFile | undefined> {
    this.#requireFeeds();
    let found: unknown;
    try {
      found = await this.#client.readOne(this.#param(object));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    const file = fileData.safeParse(found);
    // A file cut on its way must not count as a shorter list.
    if (
      !file.success ||
      (file.data.size !== undefined && file.data.size !== Buffer.byteLength(file.data.content))
    )
      throw new ZonebridgeError('firewall/unexpected-answer', `feed ${object.name} came back incomplete`);
    return parseFeed(file.data.content);
  }

  async #set(object: ObjectRef, content: string): Promise<void> {
    await this.#client.writeOne('set', { ...this.#param(object), data: { content } });
  }

  #param({ name }: ObjectRef): Param {
    return { url: feedUrl(this.#client.settings.adom, name) };
  }

  #requireFeeds(): void {
    const { version } = this.#client;
    if (hasFeeds(version)) return;
    throw new ZonebridgeError(
      'firewall/unsupported',
      `FortiManager ${version} hosts no feed files, they exist from ${feedSince.join(' and ')}: use channel "tags" or "objects"`,
    );
  }
}

/** 7.2 has them from 7.2.5, later branches from 7.4.1. */
export function hasFeeds(version: string): boolean {
  const [older, newer] = feedSince;
  return isAtLeast(version, newer) || (isAtLeast(version, older) && !isAtLeast(version, '7.4.0'));
}

function changed(
  file: FeedFile,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
): FeedFile {
  const entries = new Set(file.entries);
  for (const address of remove) entries.delete(address);
  for (const address of add) entries.add(address);
  return { comment: file.comment, entries };
}

function isSame(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return some.size === others.size && [...some].every((entry) => others.has(entry));
}

function compare(report: OpenReport): void {
  const { object, expectedCount } = report.changes;
  const complete = [...report.outcomes.values()].every(({ state }) => state === 'done');
  if (!complete || report.countAfter === expectedCount) return;
  report.suspicion = new ZonebridgeError(
    'firewall/count-differs',
    `feed ${object.name} holds ${report.countAfter ?? 0} entries, ${expectedCount} were expected`,
  );
}

function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError('firewall/object-missing', `there is no hosted file of feed ${object.name}`);
}
