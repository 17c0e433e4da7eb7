import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { ObjectRef, Outcome } from '../../core/firewall.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import type { Attempt } from '../shared/attempt.ts';
import type { Marks } from '../shared/marks.ts';
import type { Part } from './changes.ts';
import type { Ec2 } from './ec2.ts';
import { isGone, isReason } from './errors.ts';
import type { Lists } from './lists.ts';
import type { PrefixList } from './prefix-list.ts';
import { entriesMax } from './schema.ts';

/** Refusals after which the list is asked for again, in one run. */
const triesMost = 4;
const descriptionMax = 255;

/** A call's worth of changes to one list. `ready`: whether the list could be made ready for it. */
interface Task extends Part {
  ready: Outcome;
}

/** Changes entries with the version that was read, waits until it is done, and finds a way around what AWS refuses for a reason that can be mended. */
export class Modifier {
  readonly #ec2: Ec2;
  readonly #lists: Lists;
  readonly #marks: Marks;

  constructor(parts: { ec2: Ec2; lists: Lists; marks: Marks }) {
    this.#ec2 = parts.ec2;
    this.#lists = parts.lists;
    this.#marks = parts.marks;
  }

  /** Entries that a list of ours has room for: as many as its group may have, so that its price is known from the first day. */
  sizeFor({ sizeHint }: ObjectRef): number {
    return Math.max(1, Math.min(sizeHint ?? entriesMax, this.#ec2.settings.maxEntries));
  }

  /** Outcome by CIDR. */
  async change(attempt: Attempt, object: ObjectRef, task: Task): Promise<Map<string, Outcome>> {
    const { ready, add, remove } = task;
    const all = [...remove, ...add];
    if (ready.state !== 'done') return outcomes(all, ready);
    const family = all.some((cidr) => cidr.includes(':')) ? 6 : 4;
    const whole = await attempt.step(async () => await this.#modify(object, family, { add, remove }));
    if (
      whole.state !== 'failed' ||
      !isZonebridgeError(whole.error, 'firewall/table-full') ||
      remove.length === 0
    )
      return outcomes(all, whole);
    // A list that is full for what comes is not full for what goes.
    const less = await attempt.step(async () => await this.#modify(object, family, { add: [], remove }));
    const more =
      less.state === 'done' && add.length > 0
        ? await attempt.step(async () => await this.#modify(object, family, { add, remove: [] }))
        : whole;
    return new Map([...outcomes(remove, less), ...outcomes(add, more)]);
  }

  async #modify(object: ObjectRef, family: AddressFamily, part: Part): Promise<void> {
    let left = part;
    let list = await this.#lists.mine(object, family);
    for (let tries = 1; left.add.length + left.remove.length > 0; tries++) {
      try {
        await this.#once(object, family, { list, part: left });
        return;
      } catch (error) {
        this.#lists.remember(object, family, undefined);
        if (tries >= triesMost) throw error;
        if (isReason(error, 'PrefixListVersionMismatch', 'IncorrectState') || isGone(error))
          list = await this.#lists.fresh(object, family);
        else if (isReason(error, 'InvalidPrefixListModification', 'InvalidParameterValue') && left === part) {
          list = await this.#lists.fresh(object, family);
          left = await this.#difference(list, part);
          // The same as before: then something else is wrong with it.
          if (left.add.length === part.add.length && left.remove.length === part.remove.length) throw error;
        } else if (isReason(error, 'PrefixListMaxEntriesExceeded'))
          list = await this.#grow(object, family, error);
        else throw error;
      }
    }
  }

  async #once(
    object: ObjectRef,
    family: AddressFamily,
    { list, part }: { list: PrefixList; part: Part },
  ): Promise<void> {
    const description = this.#marks.commentFor(list.name).slice(0, descriptionMax);
    await this.#ec2.changeEntries(list, { ...part, description });
    const done = await this.#lists.done(
      list,
      'ModifyManagedPrefixList',
      ({ version }) => version > list.version,
    );
    this.#lists.remember(object, family, done);
  }

  /** What a list lacks of a change: EC2 refuses a change as a whole when one entry of it is there, or gone, already. */
  async #difference(list: PrefixList, { add, remove }: Part): Promise<Part> {
    const there = new Set(await this.#ec2.entries(list));
    return { add: add.filter((cidr) => !there.has(cidr)), remove: remove.filter((cidr) => there.has(cidr)) };
  }

  /** Gives a list of ours the size that its group may have; never one that is only offered, whose users others know. Throws the refusal when there is no larger size. */
  async #grow(object: ObjectRef, family: AddressFamily, refusal: ZonebridgeError): Promise<PrefixList> {
    const list = await this.#lists.fresh(object, family);
    const size = this.sizeFor(object);
    if (object.create === 'offered' || size <= list.maxEntries) throw refusal;
    await this.#ec2.resize(list, size);
    try {
      const done = await this.#lists.done(
        list,
        'ModifyManagedPrefixList',
        ({ maxEntries }) => maxEntries === size,
      );
      this.#lists.remember(object, family, done);
      return done;
    } catch (error) {
      if (!isZonebridgeError(error, 'firewall/rejected')) throw error;
      const users = (await this.#ec2.associations(list.id)).map(({ resource }) => resource);
      const named = users.slice(0, 10).join(', ') || 'nothing that EC2 shows';
      throw new ZonebridgeError(
        'firewall/table-full',
        `prefix list ${list.name} (${list.id}) cannot grow from ${list.maxEntries} to ${size} entries, used by ${named}: ${error.message}`,
        { cause: error },
      );
    }
  }
}

function outcomes(cidrs: readonly string[], outcome: Outcome): Map<string, Outcome> {
  return new Map(cidrs.map((cidr) => [cidr, outcome]));
}
