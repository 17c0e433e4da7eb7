import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type {
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
} from '../../../core/firewall.ts';
import {
  Attempt,
  closeReport,
  isThere,
  makeFirst,
  openReport,
  validAdditions,
} from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import { printable } from '../../shared/printable.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import { rowsOf } from '../envelope.ts';
import { isDuplicate, isMissing } from '../errors.ts';
import { inUrl } from '../names.ts';
import { rangeText, single } from '../translate.ts';
import { readUses } from '../uses.ts';
import { isAtLeast, manyTagsSince } from '../version.ts';
import type { Workspace } from '../workspace.ts';
import type { Channel } from '../../shared/channels.ts';
import { fullMark, shortMark } from './short-mark.ts';
import { blocksOf, type TagBlock } from './tag-blocks.ts';

const table = 'user/adgrp';
const tagRow = z.looseObject({ name: z.string(), 'connector-source': z.string().catch('') });
const userRows = rowsOf(
  z.looseObject({ grpname: z.string(), ip_addr: z.string().optional(), ip_addr6: z.string().optional() }),
);
/** What an IPv4 row shows for IPv6. */
const nothing6 = '::-::';

/**
 * Members as addresses of a tag of a JSON API connector: one call for all changes, no install, no lock. Making a tag is a change of the ADOM.
 * The tag reaches rules by a dynamic address, which a person makes and installs once.
 */
export class TagsChannel implements Channel {
  readonly #client: FortimanagerClient;
  readonly #marks: Marks;
  readonly #workspace: Workspace;

  constructor(client: FortimanagerClient, marks: Marks, workspace: Workspace) {
    this.#client = client;
    this.#marks = marks;
    this.#workspace = workspace;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    try {
      const found = tagRow.safeParse(
        await this.#client.readOne({ ...this.#param(object), fields: ['name', 'connector-source'] }),
      );
      if (!found.success) throw incomplete(object);
      return { exists: true, comment: fullMark(found.data['connector-source']) };
    } catch (error) {
      if (isMissing(error)) return { exists: false, comment: '' };
      throw error;
    }
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    const found = await this.#client.readOne({
      url: this.#table(),
      fields: ['name', 'connector-source'],
      loadsub: 0,
    });
    const rows = rowsOf(tagRow).safeParse(found);
    if (!rows.success)
      throw new ZonebridgeError('firewall/unexpected-answer', 'the list of tags came back incomplete');
    const start = this.#tag('');
    return rows.data
      .filter(({ name }) => name.startsWith(start))
      .map((row) => ({ name: row.name.slice(start.length), comment: fullMark(row['connector-source']) }));
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    // A tag without addresses and one that is not there look the same in the list.
    if (!(await this.observeObject(object)).exists) throw missing(object);
    return await this.#addresses(object);
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = new Set(await this.observeMembers(object));
    return new Map(addresses.map((address) => [address, members.has(address)]));
  }

  async #addresses(object: ObjectRef): Promise<readonly string[]> {
    const { adom, connector } = this.#client.settings;
    const data = { adom, connector, server_type: 'json', type: 'connector', group: object.name };
    const found = await this.#client.readOne({ url: '/connector/get/user', data }, 'exec');
    const rows = userRows.safeParse(found);
    if (!rows.success) throw incomplete(object);
    const own = rows.data.filter(({ grpname }) => grpname === this.#tag(object.name));
    const texts = own.flatMap(({ ip_addr: one, ip_addr6: six }) => [
      ...(one === undefined || one === '' ? [] : [single(one) ?? rangeText(one)]),
      ...(six === undefined || six === nothing6 || six === '' ? [] : [rangeText(six)]),
    ]);
    return [...new Set(texts)];
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    const create = async (object: ObjectRef, comment: string): Promise<void> =>
      await this.#createTag(object, comment);
    for (const report of reports) await makeFirst(attempt, report, { create });
    const ready = reports.filter(isThere);
    for (const report of ready) validAdditions(report);
    const together = isAtLeast(this.#client.version, manyTagsSince);
    for (const chunk of blocksOf(ready, together)) await this.#send(attempt, chunk);
    return reports.map(closeReport);
  }

  async #createTag(object: ObjectRef, comment: string): Promise<void> {
    const row = {
      name: this.#tag(object.name),
      'server-name': 'FortiManager',
      'connector-source': shortMark(comment),
    };
    const add = async (): Promise<boolean> => {
      try {
        await this.#client.writeOne('add', { url: this.#table(), data: [row] });
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        await this.#requireOurs(object);
        return false;
      }
    };
    const exists = async (): Promise<boolean> => (await this.observeObject(object)).exists;
    await this.#workspace.run({
      look: [],
      seen: async () => {
        if (!(await exists())) return true;
        await this.#requireOurs(object);
        return false;
      },
      change: add,
      after: async () => undefined,
    });
  }

  async #requireOurs(object: ObjectRef): Promise<void> {
    const { comment } = await this.observeObject(object);
    if (!this.#marks.isOurs(object.name, comment)) throw foreign(object.name);
  }

  /** One call for the blocks of several tags. When it is refused, each block is sent alone, so that one bad tag does not stop the others. */
  async #send(attempt: Attempt, blocks: readonly TagBlock[]): Promise<void> {
    const { adom, connector } = this.#client.settings;
    const data = blocks.map(({ report, command, addresses }) => ({
      command,
      group: report.object.name,
      'ip-addr': addresses,
      path: `${adom}/${connector}`,
    }));
    const outcome = await attempt.step(async () => {
      await this.#client.writeOne('exec', {
        url: '/connector/user/manage',
        data: data.length === 1 ? data[0] : data,
      });
    });
    if (outcome.state === 'failed' && blocks.length > 1) {
      for (const block of blocks) await this.#send(attempt, [block]);
      return;
    }
    for (const { report, addresses } of blocks)
      for (const address of addresses) report.outcomes.set(address, outcome);
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    if (!(await this.observeObject(object)).exists) return { count: 0, users: [] };
    return await readUses(this.#client, table, this.#tag(object.name));
  }

  /** What is left in the tag goes first: a tag that is made again must not begin with it. */
  async deleteObject(object: ObjectRef): Promise<void> {
    const found = await this.observeObject(object);
    if (!found.exists) return;
    if (!this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
    const { users } = await this.references(object);
    if (users.length > 0)
      throw new ZonebridgeError(
        'firewall/object-in-use',
        `${object.name} is used by ${printable(users.map(({ key }) => key).join(', '))}`,
      );
    const attempt = new Attempt();
    const left = await this.#addresses(object);
    const report = openReport({ object, add: [], remove: left, expectedCount: 0 });
    for (const chunk of blocksOf([report], false)) await this.#send(attempt, chunk);
    const bad = [...report.outcomes.values()].find(({ state }) => state !== 'done');
    if (bad && bad.state !== 'done') throw bad.error;
    await this.#workspace.run({
      look: [],
      seen: async () => true,
      change: async () => {
        await this.#client.writeOne('delete', this.#param(object));
        return true;
      },
      after: async () => undefined,
    });
  }

  #table(): string {
    return `/pm/config/adom/${this.#client.settings.adom}/obj/${table}`;
  }

  #param(object: ObjectRef): Param {
    inUrl(object.name);
    return { url: `${this.#table()}/${inUrl(this.#tag(object.name))}` };
  }

  /** The rows of all connectors lie in one table. */
  #tag(name: string): string {
    return `js_${this.#client.settings.connector}_${name}`;
  }
}

function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError('firewall/object-missing', `there is no tag ${object.name} on the manager`);
}

function incomplete(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError('firewall/unexpected-answer', `tag ${object.name} came back incomplete`);
}
