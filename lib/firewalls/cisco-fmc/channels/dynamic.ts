import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
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
  openReport,
  type OpenReport,
  settleMaking,
  validAdditions,
} from '../../shared/attempt.ts';
import { foreign } from '../../shared/marks.ts';
import type { FmcClient } from '../client.ts';
import { distinct, listAll } from '../lists.ts';
import { membersOf } from '../translate.ts';
import type { Channel } from '../../shared/channels.ts';
import { commentOf, dynamicPath, type DynamicObjects, isAboutContent, missing } from './dynamic-objects.ts';
import { chunksOf, type MappingCommand } from './mapping-chunks.ts';
import { type Sent, unrepeated } from './mapping-echo.ts';
import { readDynamicUse } from './uses.ts';

const mappingsPath = '/object/dynamicobjectmappings';
const mapping = z.looseObject({ mapping: z.string().max(200) });

/** Members as mappings of dynamic objects (from 7.0): changing them needs no deployment. One call for all objects of a run. */
export class DynamicChannel implements Channel {
  readonly #client: FmcClient;
  readonly #objects: DynamicObjects;

  constructor(client: FmcClient, objects: DynamicObjects) {
    this.#client = client;
    this.#objects = objects;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const found = await this.#objects.find(object);
    return found ? { exists: true, comment: commentOf(found) } : { exists: false, comment: '' };
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    const listed = await this.#objects.list();
    return listed.map((found) => ({ name: found.name, comment: commentOf(found) }));
  }

  /** 1,000 to a call, and one for the count, which proves that no page is missing. */
  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    const found = await this.#objects.find(object, { count: true });
    if (!found) throw missing(object);
    const path = `${dynamicPath}/${found.id}/mappings`;
    const expected = found.metadata?.mappingsCount;
    const listed = await listAll(this.#client, mapping, { path, expected });
    return membersOf(distinct(listed, (one) => one.mapping, path).map((one) => one.mapping));
  }

  /** No call tells about single mappings, so all are read. */
  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = new Set(await this.observeMembers(object));
    return new Map(addresses.map((address) => [address, members.has(address)]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    await this.#create(attempt, reports);
    const ready = reports.filter(isThere);
    for (const report of ready) validAdditions(report);
    const looked = await attempt.step(
      async () => await this.#objects.lookUp(ready.map(({ object }) => object)),
    );
    for (const chunk of chunksOf(ready)) {
      if (looked.state === 'done') await this.#send(attempt, chunk);
      else
        for (const { report, addresses } of chunk)
          for (const one of addresses) report.outcomes.set(one, looked);
    }
    return reports.map(closeReport);
  }

  async #create(attempt: Attempt, reports: readonly OpenReport[]): Promise<void> {
    const wanted = reports.flatMap(({ object, changes }) =>
      changes.createWith ? [{ object, comment: changes.createWith.comment }] : [],
    );
    const made = await this.#objects.create(attempt, wanted);
    for (const report of reports) {
      const outcome = made.get(report.object);
      if (outcome) settleMaking(report, outcome);
    }
  }

  /**
   * One POST for many objects. When it is refused for what it holds, each object is sent alone, and in the end removals and additions
   * apart, so that one that cannot be done stops no other.
   */
  async #send(attempt: Attempt, chunk: readonly MappingCommand[], first = true): Promise<void> {
    let odd: ReadonlyMap<MappingCommand, ReadonlySet<string>> = new Map();
    const outcome = await attempt.step(async () => {
      odd = await this.#post(chunk);
    });
    const refused = outcome.state === 'failed' && isAboutContent(outcome.error);
    const parts = refused ? partsOf(chunk) : [];
    if (parts.length > 1) {
      for (const part of parts) await this.#send(attempt, part, first);
      return;
    }
    const stale = outcome.state === 'failed' && outcome.error.code === 'firewall/object-missing';
    if (stale && first && (await this.#lookAgain(attempt, chunk))) {
      await this.#send(attempt, chunk, false);
      return;
    }
    for (const command of chunk) {
      for (const address of command.addresses) {
        const lost = odd.get(command)?.has(address);
        command.report.outcomes.set(
          address,
          lost ? { state: 'unknown', error: notRepeated(address) } : outcome,
        );
      }
    }
  }

  async #post(chunk: readonly MappingCommand[]): Promise<ReadonlyMap<MappingCommand, ReadonlySet<string>>> {
    const commands: Sent[] = [];
    for (const command of chunk) {
      const { object } = command.report;
      const id = await this.#objects.idOf(object);
      const dynamicObject = { id, name: object.name, type: 'DynamicObject' };
      commands.push({ command, entry: { dynamicObject, mappings: command.addresses } });
    }
    const of = (op: 'add' | 'remove') => {
      const list = commands.filter(({ command }) => command.op === op).map(({ entry }) => entry);
      return list.length === 0 ? {} : { [op]: list };
    };
    const answer = await this.#client.post(mappingsPath, { ...of('add'), ...of('remove') });
    return unrepeated(commands, answer);
  }

  /** Whether an object that is not there under the id we know has another one now. */
  async #lookAgain(attempt: Attempt, chunk: readonly MappingCommand[]): Promise<boolean> {
    const [command] = chunk;
    if (!command) return false;
    const { object } = command.report;
    const before = await this.#objects.knownId(object);
    if (before === undefined) return false;
    await this.#objects.forget(object);
    const outcome = await attempt.step(async () => await this.#objects.lookUp([object]));
    const now = await this.#objects.knownId(object);
    return outcome.state === 'done' && now !== undefined && now !== before;
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    const found = await this.#objects.find(object);
    return found ? await readDynamicUse(this.#client, this.#objects, found.id) : { count: 0, users: [] };
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    await this.#client.whileBusy(async () => await this.#deleteOurs(object));
    await this.#objects.forget(object);
  }

  async #deleteOurs(object: ObjectRef): Promise<void> {
    const found = await this.#objects.find(object);
    if (!found) return;
    if (!this.#objects.isOurs(object.name, found)) throw foreign(object.name);
    const unused = await this.#objects.list({ filter: 'unusedOnly:true' });
    if (!unused.some(({ id }) => id === found.id))
      throw new ZonebridgeError('firewall/object-in-use', `${object.name} is used by something`);
    try {
      await this.#client.delete(`${dynamicPath}/${found.id}`);
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/object-missing')) throw error;
    }
  }
}

/** By object; what is of one object by removal and addition. */
function partsOf(chunk: readonly MappingCommand[]): MappingCommand[][] {
  const byObject = [...Map.groupBy(chunk, ({ report }) => report).values()];
  return byObject.length > 1 ? byObject : chunk.map((command) => [command]);
}

function notRepeated(address: string): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/outcome-unknown',
    `${address}: the manager reports success and does not name it in its answer`,
  );
}
