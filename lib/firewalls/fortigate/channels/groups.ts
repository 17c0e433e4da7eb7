import { ZonebridgeError } from '../../../core/errors.ts';
import type { NamedComment, ObjectRef, ObjectUse } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { FortigateClient } from '../client.ts';
import { row, table } from '../client.ts';
import { isDuplicate, isMissing } from '../errors.ts';
import { shardCountIn } from '../names.ts';
import { emptyGroupsSince, exclude6Since, isAtLeast } from '../version.ts';
import { shardCount, shardNames } from './layout.ts';
import type { Marks } from '../../shared/marks.ts';
import { foreign } from '../../shared/marks.ts';
import { excludedNames, memberNames, readRow, readTable, textOf } from './rows.ts';
import { bothUses, type ConfigObject, deleteConfigObject, readUse } from './uses.ts';

/** Built-in address that matches nothing: the member of a group that would be empty, where that is not allowed. */
export const placeholder = 'none';

/** A group as it is read; `excluded` is what a person lets it leave out of what its members match. */
export interface ReadGroup {
  comment: string;
  members: string[];
  excluded: string[];
}

/** Address groups, their shards, and the IPv6 sibling that bears the same name in its own table. */
export class Groups {
  readonly #client: FortigateClient;
  readonly #marks: Marks;
  /** Whether the shards of a group are known to be held by it, by family and name; for this connection alone. */
  readonly #whole = new Map<string, boolean>();

  constructor(client: FortigateClient, marks: Marks) {
    this.#client = client;
    this.#marks = marks;
  }

  /** True where a group must have a member (before FortiOS 7.2.0). */
  get needPlaceholder(): boolean {
    return !isAtLeast(this.#client.version, emptyGroupsSince);
  }

  shards(object: ObjectRef): number {
    return shardCount(object, this.#client.settings.groupMembersMax);
  }

  /** Comment of a group, or undefined when there is none of this name. */
  async comment(family: AddressFamily, name: string): Promise<string | undefined> {
    const found = await readRow(this.#client, row(path(family), name), { format: 'name|comment' });
    return found && textOf(found, 'comment');
  }

  /** Every IPv4 group by name and comment, 1,000 to a call. Not filtered: that `filter` looks into comments is not confirmed. */
  async list(): Promise<NamedComment[]> {
    const rows = await readTable(this.#client, path(4), { format: 'name|comment' });
    return rows.map((found) => ({ name: found.name, comment: textOf(found, 'comment') }));
  }

  /** Names of the direct members and the comment, or undefined when there is no such group. */
  async read(family: AddressFamily, name: string): Promise<ReadGroup | undefined> {
    const excludes = family === 4 || isAtLeast(this.#client.version, exclude6Since);
    const format = `name|comment|member${excludes ? '|exclude|exclude-member' : ''}`;
    const found = await readRow(this.#client, row(path(family), name), { format });
    if (!found) return undefined;
    return { comment: textOf(found, 'comment'), members: memberNames(found), excluded: excludedNames(found) };
  }

  /** Lets a group and its shards match again what a person made them leave out. Assumption: one PUT may set both fields. */
  async includeAgain(family: AddressFamily, object: ObjectRef, excluded: string): Promise<void> {
    const { name } = object;
    const parent = await this.read(family, name);
    const shards = parent?.members.filter((member) => shardCountIn(name, member) !== undefined) ?? [];
    for (const group of [name, ...shards]) {
      const found = group === name ? parent : await this.read(family, group);
      if (!found?.excluded.includes(excluded)) continue;
      const isOurs =
        group === name ? this.#marks.isFor(object, found.comment) : this.#marks.isOurs(group, found.comment);
      if (!isOurs) throw foreign(group);
      const left = found.excluded.filter((other) => other !== excluded).map((other) => ({ name: other }));
      const fields = { exclude: left.length > 0 ? 'enable' : 'disable', 'exclude-member': left };
      await this.#client.put(row(path(family), group), fields);
    }
  }

  /** Makes a group of ours with its shards, which come first because a member has to exist. */
  async create(family: AddressFamily, object: ObjectRef, comment: string): Promise<void> {
    const shards = shardNames(object.name, this.shards(object));
    for (const shard of shards)
      await this.#createOne(family, { name: shard, comment: this.#marks.commentFor(shard), members: [] });
    await this.#createOne(family, { name: object.name, comment, members: shards });
  }

  async #createOne(
    family: AddressFamily,
    group: { name: string; comment: string; members: readonly string[] },
  ): Promise<void> {
    const { name, comment, members } = group;
    const withPlaceholder = this.needPlaceholder;
    const post = async () => {
      const names = members.length === 0 && this.needPlaceholder ? [placeholder] : members;
      await this.#client.post(path(family), {
        name,
        comment,
        member: names.map((member) => ({ name: member })),
      });
    };
    try {
      await post();
    } catch (error) {
      if (isDuplicate(error)) await this.#takeExisting(family, group);
      // The refusal told a version that needs the placeholder, other than the configured one.
      else if (this.needPlaceholder && !withPlaceholder) await post();
      else throw error;
    }
  }

  async #takeExisting(
    family: AddressFamily,
    group: { name: string; members: readonly string[] },
  ): Promise<void> {
    const found = await this.read(family, group.name);
    if (!found || !this.#marks.isOurs(group.name, found.comment)) throw foreign(group.name);
    for (const member of group.members) {
      if (!found.members.includes(member)) await this.addMember(family, group.name, member);
    }
  }

  /**
   * Makes what an address needs to become a member: the IPv6 sibling, and the shards of a layout that is new because the
   * group may grow larger than before. The IPv4 group itself is made by order of the plan only.
   */
  async completeLayout(family: AddressFamily, object: ObjectRef): Promise<void> {
    this.#whole.set(layoutKey(family, object), false);
    await this.#complete(family, object);
    this.#whole.set(layoutKey(family, object), true);
  }

  /**
   * A shard takes members as soon as it is there, and matches nothing until the group holds it. So who has to do a thing twice looks, and so
   * does everybody after a completion that failed: it may have stopped between the two.
   */
  async assureLayout(family: AddressFamily, object: ObjectRef, isDoubtful: boolean): Promise<void> {
    const whole = this.#whole.get(layoutKey(family, object));
    if (this.shards(object) === 1 || whole === true || (whole === undefined && !isDoubtful)) return;
    await this.completeLayout(family, object);
  }

  async #complete(family: AddressFamily, object: ObjectRef): Promise<void> {
    const found = await this.read(family, object.name);
    if (!found) {
      if (family === 4) throw missing(object, 'address group');
      if (object.create === 'offered')
        throw missing(object, `IPv6 address group with zonebridge:offer:${object.group} in its comment`);
      await this.create(family, object, this.#marks.commentFor(object.name));
      return;
    }
    if (!this.#marks.isFor(object, found.comment)) throw foreign(object.name);
    for (const shard of shardNames(object.name, this.shards(object))) {
      if (found.members.includes(shard)) continue;
      await this.#createOne(family, { name: shard, comment: this.#marks.commentFor(shard), members: [] });
      await this.addMember(family, object.name, shard);
    }
  }

  /**
   * Makes a former tool's IPv4 group ours: members stay, and rules that use it do not notice. Read just before, so that a comment that was
   * edited meanwhile keeps it foreign. An IPv6 group of its name must be ours or absent: we would write into both.
   */
  async adopt(object: ObjectRef, comment: string): Promise<void> {
    const now = await this.comment(4, object.name);
    if (now === undefined) throw missing(object, 'address group');
    const sibling = await this.comment(6, object.name);
    if (sibling !== undefined && !this.#marks.isFor(object, sibling))
      throw foreign(`IPv6 address group ${object.name}`);
    // A lost reply may have been a success.
    if (this.#marks.isFor(object, now)) return;
    if (object.adopt === undefined || now !== object.adopt) throw foreign(object.name);
    await this.#client.put(row(path(4), object.name), { comment });
  }

  /**
   * The plan asked about the IPv4 group only: the IPv6 sibling's mark is read once per process before we write to it. False when there is no
   * such group.
   */
  async checkSibling(object: ObjectRef): Promise<boolean> {
    if (this.#client.checked.has(object.name)) return true;
    const comment = await this.comment(6, object.name);
    if (comment === undefined) return false;
    if (!this.#marks.isFor(object, comment)) throw foreign(`IPv6 address group ${object.name}`);
    this.#client.checked.add(object.name);
    return true;
  }

  forgetSibling(object: ObjectRef): void {
    this.#client.checked.delete(object.name);
  }

  async addMember(family: AddressFamily, group: string, member: string): Promise<void> {
    try {
      await this.#client.post(`${row(path(family), group)}/member`, { name: member });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  /** False when it was no member (any more). */
  async removeMember(family: AddressFamily, group: string, member: string): Promise<boolean> {
    try {
      await this.#client.delete(row(`${row(path(family), group)}/member`, member));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async hasMember(family: AddressFamily, group: string, member: string): Promise<boolean> {
    return (await readRow(this.#client, row(`${row(path(family), group)}/member`, member))) !== undefined;
  }

  /** What refers to the group, to its IPv6 sibling, or past them to one of their shards. */
  async uses(object: ObjectRef): Promise<ObjectUse> {
    const uses: ObjectUse[] = [];
    for (const family of [4, 6] as const) {
      const found = await this.read(family, object.name);
      if (!found) continue;
      uses.push(await readUse(this.#client, groupOf(family, object.name)));
      for (const shard of found.members.filter((name) => shardCountIn(object.name, name))) {
        const use = await readUse(this.#client, groupOf(family, shard));
        uses.push(withoutParent(use, object.name));
      }
    }
    return uses.reduce(bothUses, { count: 0, users: [] });
  }

  /** Deletes a group of ours in both families, first the parent, then the shards it held; also those that an earlier deletion did not come to. */
  async deleteAll(object: ObjectRef): Promise<void> {
    const shards = shardNames(object.name, this.shards(object));
    const last = shards.at(-1);
    for (const family of [6, 4] as const) {
      const found = await this.read(family, object.name);
      if (found && !this.#marks.isOurs(object.name, found.comment)) throw foreign(object.name);
      const isLeft = last !== undefined && (await this.comment(family, last)) !== undefined;
      if (!found && !isLeft) continue;
      const held = found?.members.filter((name) => shardCountIn(object.name, name)) ?? [];
      for (const name of new Set([object.name, ...held, ...shards])) await this.#deleteOurs(family, name);
    }
  }

  async #deleteOurs(family: AddressFamily, name: string): Promise<void> {
    const comment = await this.comment(family, name);
    if (comment === undefined || !this.#marks.isOurs(name, comment)) return;
    await deleteConfigObject(this.#client, groupOf(family, name));
  }

  /** Layouts other than the present one that still hold members, because the group's size limit was changed; undefined when the group is gone. */
  async otherLayouts(family: AddressFamily, object: ObjectRef): Promise<number[] | undefined> {
    const present = this.shards(object);
    const found = await this.read(family, object.name);
    if (!found) return undefined;
    const counts = new Set(found.members.map((member) => shardCountIn(object.name, member) ?? 1));
    counts.delete(present);
    return [...counts];
  }
}

function layoutKey(family: AddressFamily, { name }: ObjectRef): string {
  return `${family} ${name}`;
}

function groupOf(family: AddressFamily, name: string): ConfigObject {
  return { path: 'firewall', table: family === 4 ? 'addrgrp' : 'addrgrp6', name };
}

/** Its own parent holds every shard; that is no use. */
function withoutParent({ count, users }: ObjectUse, parent: string): ObjectUse {
  const others = users.filter(({ where, key }) => !(where.startsWith('firewall/addrgrp') && key === parent));
  return { count: count === undefined ? undefined : Math.max(0, count - 1), users: others };
}

function path(family: AddressFamily): string {
  return table('firewall', family === 4 ? 'addrgrp' : 'addrgrp6');
}

export function missing(object: ObjectRef, what: string): ZonebridgeError {
  return new ZonebridgeError('firewall/object-missing', `there is no ${what} ${object.name} on the firewall`);
}
