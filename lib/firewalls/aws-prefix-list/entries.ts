import { ZonebridgeError } from '../../core/errors.ts';
import type {
  NamedComment,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
  ObjectUse,
  ObservedObject,
} from '../../core/firewall.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import { Attempt, closeReport, isThere, makeFirst, openReport, type OpenReport } from '../shared/attempt.ts';
import { foreign, type Marks } from '../shared/marks.ts';
import { changesByFamily, type FamilyChange } from './changes.ts';
import type { Channel } from '../shared/channels.ts';
import type { Ec2 } from './ec2.ts';
import { isGone } from './errors.ts';
import type { Lists } from './lists.ts';
import type { Modifier } from './modifier.ts';
import type { PrefixList } from './prefix-list.ts';
import { memberOf } from './translate.ts';

/** Members as entries of managed prefix lists: one list for IPv4, and one beside it as soon as there are addresses of IPv6. */
export class EntriesChannel implements Channel {
  readonly #ec2: Ec2;
  readonly #lists: Lists;
  readonly #marks: Marks;
  readonly #modifier: Modifier;

  constructor(parts: { ec2: Ec2; lists: Lists; marks: Marks; modifier: Modifier }) {
    this.#ec2 = parts.ec2;
    this.#lists = parts.lists;
    this.#marks = parts.marks;
    this.#modifier = parts.modifier;
  }

  async observeObject(object: ObjectRef): Promise<ObservedObject> {
    const list = (await this.#lists.find(object)).get(4);
    return list ? { exists: true, comment: list.comment } : { exists: false, comment: '' };
  }

  async listObjects(): Promise<readonly NamedComment[]> {
    const lists = await this.#ec2.lists();
    return lists.map(({ name, comment }) => ({ name, comment }));
  }

  async observeMembers(object: ObjectRef): Promise<readonly string[]> {
    const lists = await this.#withoutStrangers(object);
    if (!lists.has(4))
      throw new ZonebridgeError('firewall/object-missing', `there is no prefix list ${object.name}`);
    const members: string[] = [];
    for (const list of lists.values()) members.push(...(await this.#ec2.entries(list)).map(memberOf));
    return [...new Set(members)];
  }

  /** The lists of an object; somebody else's that only has the name of the sibling enforces nothing of ours, and is left alone. */
  async #withoutStrangers(object: ObjectRef): Promise<ReadonlyMap<AddressFamily, PrefixList>> {
    const lists = await this.#lists.find(object);
    return new Map([...lists].filter(([family, list]) => family === 4 || this.#lists.isFor(object, list)));
  }

  /** There is no question about one entry: a list is read whole, in at most ten pages. */
  async observeSome(object: ObjectRef, addresses: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const members = new Set(await this.observeMembers(object));
    return new Map(addresses.map((address) => [address, members.has(address)]));
  }

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    const attempt = new Attempt();
    const reports = changes.map(openReport);
    const create = async (object: ObjectRef): Promise<void> => {
      await this.#lists.make(object, 4, this.#modifier.sizeFor(object));
    };
    for (const report of reports) {
      await makeFirst(attempt, report, { create });
      if (!isThere(report)) continue;
      for (const change of changesByFamily(report)) await this.#change(attempt, report, change);
    }
    return reports.map(closeReport);
  }

  async #change(attempt: Attempt, report: OpenReport, change: FamilyChange): Promise<void> {
    const ready = await attempt.step(async () => await this.#complete(report.changes.object, change));
    for (const part of change.parts) {
      const outcomes = await this.#modifier.change(attempt, report.changes.object, { ...part, ready });
      for (const [cidr, outcome] of outcomes) {
        const member = change.members.get(cidr);
        if (member !== undefined) report.outcomes.set(member, outcome);
      }
    }
  }

  /** Makes the sibling for IPv6 when it is needed first. What is to go from one that is not there is gone. */
  async #complete(object: ObjectRef, change: FamilyChange): Promise<void> {
    if (change.family === 4) return;
    try {
      await this.#lists.mine(object, 6);
    } catch (error) {
      if (!isMissingSibling(error) || object.create === 'offered') throw error;
      // The IPv4 list is what the plan knows: without it the object is gone, and nothing is made beside it.
      await this.#lists.mine(object, 4);
      await this.#lists.make(object, 6, this.#modifier.sizeFor(object));
    }
  }

  async references(object: ObjectRef): Promise<ObjectUse> {
    const lists = await this.#withoutStrangers(object);
    const users: ObjectUse['users'][number][] = [];
    for (const { id } of lists.values())
      for (const { resource, owner } of await this.#ec2.associations(id))
        users.push({
          where: kindOf(resource),
          key: resource,
          field: owner === '' ? undefined : `account ${owner}`,
        });
    return { count: users.length, users };
  }

  async deleteObject(object: ObjectRef): Promise<void> {
    const lists = await this.#withoutStrangers(object);
    for (const list of lists.values())
      if (!this.#marks.isOurs(list.name, list.comment))
        throw foreign(`prefix list ${list.name} (${list.id})`);
    const { users } = await this.references(object);
    if (users.length > 0)
      throw inUse(
        object.name,
        users
          .map(({ key }) => key)
          .slice(0, 10)
          .join(', '),
      );
    for (const family of [6, 4] as const) {
      const list = lists.get(family);
      if (list) await this.#delete(object, family, list);
    }
  }

  async #delete(object: ObjectRef, family: AddressFamily, list: PrefixList): Promise<void> {
    this.#lists.remember(object, family, undefined);
    try {
      await this.#ec2.delete(list.id);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    const left = await this.#lists.gone(list);
    if (left) throw inUse(list.name, `${left.state}: ${left.stateMessage}`);
  }
}

function isMissingSibling(error: unknown): boolean {
  return error instanceof ZonebridgeError && error.code === 'firewall/object-missing';
}

function inUse(name: string, by: string): ZonebridgeError {
  return new ZonebridgeError('firewall/object-in-use', `prefix list ${name} is in use (${by})`);
}

/** What an id belongs to, by its beginning. Assumption: associations name these kinds by their ids, and others by ARNs. */
function kindOf(resource: string): string {
  const kinds: Readonly<Record<string, string>> = {
    sg: 'security group',
    rtb: 'route table',
    tgw: 'transit gateway',
    vpce: 'VPC endpoint',
  };
  return kinds[resource.split('-')[0] ?? ''] ?? 'resource';
}
