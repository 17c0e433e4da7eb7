import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
import type {
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
  Outcome,
} from '../../../core/firewall.ts';
import {
  Attempt,
  closeReport,
  isThere,
  makeFirst,
  openReport,
  type OpenReport,
  validAdditions,
} from '../../shared/attempt.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { OwnWrites } from '../../shared/own-writes.ts';
import type { FmcClient } from '../client.ts';
import { isSameSet } from '../lists.ts';
import type { Channel } from '../../shared/channels.ts';
import { commentOf } from './dynamic-objects.ts';
import {
  literal,
  type Members,
  membersIn,
  type NetworkGroup,
  type NetworkGroups,
  textsOf,
  without,
} from './groups.ts';
import { readGroupUse } from './uses.ts';

/**
 * Members as literals of network groups. What is written is in the manager alone: the devices go on as before until a person deploys,
 * which we never do. One read and one write for each group that changes, at any number of addresses.
 */
export class ObjectsChannel implements Channel {
  readonly #client: FmcClient;
  readonly #groups: NetworkGroups;
  readonly #marks: Marks;
  readonly #ownWrites: OwnWrites;

  constructor(client: FmcClient, groups: NetworkGroups, marks: Marks, ownWrites: OwnWrites) {
    this.#client = client;
    this.#groups = groups;
    this.#marks = marks;
    this.#ownWrites = ownWrites;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const found = await this.#groups.find(object.name);
    return found ? { exists: true, comment: commentOf(found) } : { exists: false, comment: '' };
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    return (await this.#groups.list()).map((found) => ({ name: found.name, comment: commentOf(found) }));
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    const found = await this.#groups.find(object.name);
    if (!found) throw missing(object);
    return textsOf(membersIn(found));
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = new Set(await this.observeMembers(object));
    return new Map(addresses.map((address) => [address, members.has(address)]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    for (const report of reports) await this.#applyOne(attempt, report);
    return reports.map(closeReport);
  }

  async #applyOne(attempt: Attempt, report: OpenReport): Promise<void> {
    const { object, remove } = report.changes;
    let group: NetworkGroup | undefined;
    await makeFirst(attempt, report, {
      create: async (_, comment) => {
        group = await this.#create(object, comment);
      },
    });
    if (!isThere(report)) return;
    const valid = validAdditions(report);
    if (valid.length + remove.length === 0) return;
    const all = await this.#change(attempt, object, { group, add: valid, remove });
    const full = all.state === 'failed' && all.error.code === 'firewall/table-full' && remove.length > 0;
    // What leaves must not stay because there is no room for what comes.
    const removed = full ? await this.#change(attempt, object, { add: [], remove }) : all;
    for (const address of valid) report.outcomes.set(address, all);
    for (const address of remove) report.outcomes.set(address, removed);
  }

  async #change(
    attempt: Attempt,
    object: ObjectRef,
    wanted: { group?: NetworkGroup | undefined; add: readonly string[]; remove: readonly string[] },
  ): Promise<Outcome> {
    let { group } = wanted;
    return await attempt.step(
      async () =>
        await this.#client.whileBusy(async () => {
          const current = group ?? (await this.#owned(object));
          // Nobody else has one that was just made; a moment later somebody may.
          group = undefined;
          const before = membersIn(current);
          this.#ownWrites.refuseLate(current.id, textsOf(before));
          const after = changed(before, wanted);
          if (isSame(before, after)) return;
          await this.#groups.replace(current, after);
          this.#ownWrites.note(current.id, textsOf(before), textsOf(after));
        }),
    );
  }

  async #owned(object: ObjectRef): Promise<NetworkGroup> {
    const found = await this.#groups.find(object.name);
    if (!found) throw missing(object);
    if (!this.#marks.isFor(object, commentOf(found))) throw foreign(object.name);
    return found;
  }

  async #create(object: ObjectRef, comment: string): Promise<NetworkGroup> {
    try {
      return await this.#groups.create(object, comment);
    } catch (error) {
      const duplicate = isZonebridgeError(error) && error.fields.duplicate === true;
      if (!duplicate && !isZonebridgeError(error, 'firewall/outcome-unknown')) throw error;
      // There already, or perhaps there: what is stored under the name decides. A host may have the name, too.
      const found = await this.#groups.find(object.name);
      if (!found) throw duplicate ? foreign(object.name) : error;
      if (!this.#marks.isOurs(object.name, commentOf(found))) throw foreign(object.name);
      return found;
    }
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    const found = await this.#groups.find(object.name);
    return found ? await readGroupUse(this.#client, found.id) : { count: 0, users: [] };
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    await this.#client.whileBusy(async () => {
      const found = await this.#groups.find(object.name);
      if (!found) return;
      if (!this.#marks.isOurs(object.name, commentOf(found))) throw foreign(object.name);
      await this.#groups.delete(found);
    });
  }
}

function changed(
  before: Members,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
): Members {
  const left = without(before, new Set([...remove, ...add]));
  return { ...left, literals: [...left.literals, ...add.map(literal)] };
}

function isSame(a: Members, b: Members): boolean {
  return isSameSet(new Set(textsOf(a)), new Set(textsOf(b)));
}

function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/object-missing',
    `there is no network group ${object.name} on the manager`,
  );
}
