import type { ErrorCode } from '../../../core/errors.ts';
import { isZonebridgeError } from '../../../core/errors.ts';
import type {
  FormerMembers,
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
  Outcome,
} from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import { addressFamily } from '../../../core/model/address.ts';
import { isMissing } from '../errors.ts';
import type { Making, OpenReport } from '../../shared/attempt.ts';
import { Attempt, closeReport, endsAttempt, isThere, makeFirst, openReport } from '../../shared/attempt.ts';
import type { Channel } from '../../shared/channels.ts';
import { missing, placeholder } from './groups.ts';
import { holderOf, shardNames } from './layout.ts';
import type { Tables } from './object-members.ts';
import { formerNames, isMember, listMembers, parseStrange, type Strange } from './object-members.ts';

/** Beyond this many questions one listing is cheaper than asking for each address. */
const listFrom = 50;

/**
 * Members as address objects in address groups. Every write is a configuration revision.
 * Per address: 2 calls to add (object, member), 3 to remove (member, read mark and references, object), at any size.
 */
export class ObjectsChannel implements Channel {
  readonly #tables: Tables;
  readonly #making: Making;

  constructor(tables: Tables) {
    this.#tables = tables;
    const { groups } = tables;
    this.#making = {
      create: async (object, comment) => await groups.create(4, object, comment),
      adopt: async (object, comment) => await groups.adopt(object, comment),
    };
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const { groups, marks } = this.#tables;
    const comment = await groups.comment(4, object.name);
    const sibling = await groups.comment(6, object.name);
    // The pair is foreign when one of the two is: we would write into both.
    if (sibling !== undefined && !marks.isFor(object, sibling)) {
      groups.forgetSibling(object);
      return { exists: true, comment: sibling };
    }
    return { exists: comment !== undefined, comment: comment ?? '' };
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    return await this.#tables.groups.list();
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    return await this.#tables.groups.uses(object);
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    await this.#tables.groups.deleteAll(object);
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    return await listMembers(this.#tables, object);
  }

  async observeFormer(object: ObjectRef): Promise<FormerMembers> {
    const names = await formerNames(this.#tables.groups, object);
    return await this.#tables.addresses.resolve(names);
  }

  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const whole = addresses.length >= listFrom || addresses.some((address) => parseStrange(address));
    if (whole) {
      const members = new Set(await this.observeMembers(object));
      return new Map(addresses.map((address) => [address, members.has(address)]));
    }
    const found = new Map<string, boolean>();
    for (const address of addresses) found.set(address, await isMember(this.#tables, object, address));
    return found;
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    for (const report of reports) await makeFirst(attempt, report, this.#making);
    const ready = reports.filter(isThere);
    for (const report of ready) await this.#addAll(attempt, report);
    for (const report of ready) await this.#removeAll(attempt, report);
    return reports.map(closeReport);
  }

  async #addAll(attempt: Attempt, report: OpenReport): Promise<void> {
    const { object, add, remove, expectedCount } = report.changes;
    let hopeless: Outcome | undefined;
    for (const address of add) {
      const outcome = hopeless ?? (await attempt.step(async () => await this.#add(object, address)));
      report.outcomes.set(address, outcome);
      // What stops one addition stops those after it, too; with a full table removals still make room.
      if (failedWith(outcome, 'firewall/table-full', 'firewall/permission-denied')) hopeless = outcome;
    }
    const wasEmpty = expectedCount - add.length + remove.length === 0;
    if (!wasEmpty || !this.#mayHoldPlaceholder(object)) return;
    const added = add.filter((address) => report.outcomes.get(address)?.state === 'done');
    for (const family of familiesOf(added)) {
      // A placeholder that stays matches nothing and is ignored by every reading: no outcome depends on it.
      await attempt.step(
        async () => void (await this.#tables.groups.removeMember(family, object.name, placeholder)),
      );
    }
  }

  async #add(object: ObjectRef, address: string): Promise<void> {
    const { groups, addresses } = this.#tables;
    const family = addressFamily(address);
    const hasGroup = family === 4 || (await groups.checkSibling(object));
    const holder = holderOf(object.name, groups.shards(object), address);
    const name = addresses.name(address);
    const existed = await addresses.ensure(address);
    await groups.assureLayout(family, object, existed || !hasGroup);
    try {
      await groups.addMember(family, holder, name);
    } catch (error) {
      if (!isMissingReference(error)) throw error;
      // The group of this layout, or the address object, went away or was never made.
      await groups.completeLayout(family, object);
      await addresses.ensure(address);
      await groups.addMember(family, holder, name);
    }
  }

  async #removeAll(attempt: Attempt, report: OpenReport): Promise<void> {
    const { object, remove, expectedCount } = report.changes;
    if (remove.length > 0 && expectedCount === 0 && this.#mayHoldPlaceholder(object)) {
      for (const family of familiesOf(remove.filter((text) => !parseStrange(text)))) {
        await attempt.step(async () => await this.#tables.groups.addMember(family, object.name, placeholder));
      }
    }
    let hopeless: Outcome | undefined;
    for (const address of remove) {
      const outcome = hopeless ?? (await attempt.step(async () => await this.#remove(object, address)));
      report.outcomes.set(address, outcome);
      if (failedWith(outcome, 'firewall/permission-denied')) hopeless = outcome;
    }
  }

  async #remove(object: ObjectRef, text: string): Promise<void> {
    const { groups, addresses } = this.#tables;
    const strange = parseStrange(text);
    if (strange) {
      await this.#removeStrange(object, strange);
      return;
    }
    const family = addressFamily(text);
    if (family === 6) await groups.checkSibling(object);
    const name = addresses.name(text);
    const removed = await this.#takeOut(family, holderOf(object.name, groups.shards(object), text), name);
    let references = await addresses.references(text);
    // Another group of ours may hold the address, or an earlier layout of this one: the address must not stay in it.
    if (!removed || (references ?? 0) > 0) {
      const layouts = await groups.otherLayouts(family, object);
      // The group itself is gone, and something still holds the address: perhaps the group under another name.
      const gone =
        layouts === undefined &&
        references !== 0 &&
        (family === 4 || (await groups.comment(4, object.name)) === undefined);
      if (gone) throw missing(object, 'address group');
      for (const count of layouts ?? []) {
        const elsewhere = await this.#takeOut(family, holderOf(object.name, count, text), name);
        if (elsewhere && references !== undefined) references -= 1;
      }
    }
    if (references === 0) await addresses.delete(text);
  }

  async #removeStrange(object: ObjectRef, { isExcluded, family, name }: Strange): Promise<void> {
    const { groups } = this.#tables;
    if (family === 6) await groups.checkSibling(object);
    if (isExcluded) return await groups.includeAgain(family, object, name);
    for (const holder of [object.name, ...shardNames(object.name, groups.shards(object))]) {
      if (await this.#takeOut(family, holder, name)) return;
    }
  }

  /** Takes a member out; where a group must keep one, the placeholder takes the place of the last. */
  async #takeOut(family: AddressFamily, holder: string, member: string): Promise<boolean> {
    const { groups } = this.#tables;
    try {
      return await groups.removeMember(family, holder, member);
    } catch (error) {
      if (!groups.needPlaceholder || !isZonebridgeError(error, 'firewall/rejected') || endsAttempt(error))
        throw error;
      await groups.addMember(family, holder, placeholder);
      return await groups.removeMember(family, holder, member);
    }
  }

  /** Shards keep their placeholder for good, which saves asking whether they hold anything else. */
  #mayHoldPlaceholder(object: ObjectRef): boolean {
    return this.#tables.groups.needPlaceholder && this.#tables.groups.shards(object) === 1;
  }
}

function failedWith(outcome: Outcome, ...codes: ErrorCode[]): boolean {
  return outcome.state === 'failed' && codes.includes(outcome.error.code);
}

function familiesOf(addresses: readonly string[]): AddressFamily[] {
  return [...new Set(addresses.map(addressFamily))];
}

/** "Not found" of the group or of the new member; FortiOS also answers "invalid value" for a reference it does not know. */
function isMissingReference(error: unknown): boolean {
  return isMissing(error) || (isZonebridgeError(error) && error.fields.fortiosError === -651);
}
