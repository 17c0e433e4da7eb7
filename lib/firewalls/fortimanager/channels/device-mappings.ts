import { ZonebridgeError } from '../../../core/errors.ts';
import type { NamedComment, ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { OwnWrites } from '../../shared/own-writes.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { inUrl } from '../names.ts';
import type { FortimanagerDevice } from '../schema.ts';
import { readUses } from '../uses.ts';
import type { FoundGroup, GroupPlace, MemberWrite, RowWrite } from './group-place.ts';
import { type Item, stillExcluded } from './object-items.ts';
import {
  emptyMembers,
  excludedIn,
  families,
  groupTable,
  leavingOut,
  type MappedGroup,
  mappedGroupOf,
  mappedGroupsOf,
  mappingOf,
  memberFields,
  objectUrl,
  placeholder,
  rowOf,
} from './object-rows.ts';

/**
 * Members in the per-device mapping of a group: on that device it stands in place of the group's own members, which are never touched, as
 * are the mappings of other devices. Whether members of a mapping can be added one by one is in no source, so the list is set whole.
 */
export class DeviceMappings implements GroupPlace {
  readonly addressMethod = 'set';
  readonly adopts = false;
  readonly #client: FortimanagerClient;
  readonly #device: FortimanagerDevice;
  /** Of the mapping, and of what the entries of several devices share: the group around it. */
  readonly #marks: { mapping: Marks; group: Marks };
  readonly #ownWrites: OwnWrites;

  constructor(
    client: FortimanagerClient,
    device: FortimanagerDevice,
    marks: { mapping: Marks; group: Marks },
    ownWrites: OwnWrites,
  ) {
    this.#client = client;
    this.#device = device;
    this.#marks = marks;
    this.#ownWrites = ownWrites;
  }

  /** The group without its members, and the mapping with all of them, for both families. */
  look({ name }: ObjectRef): Param[] {
    return families.flatMap((family) => [
      {
        url: objectUrl(this.#client, groupTable(family), name),
        fields: ['name', 'comment'],
        loadsub: 0,
      },
      { url: this.#mappingUrl(family, name), fields: memberFields(this.#client, family) },
    ]);
  }

  async found(
    object: ObjectRef,
    params: readonly Param[],
    elements: readonly Element[],
  ): Promise<FoundGroup[]> {
    const groups: FoundGroup[] = [];
    for (const [index, family] of families.entries()) {
      const at = 2 * index;
      const group = await rowOf(this.#client, params[at], elements[at]);
      const mapping = group && (await mappingOf(this.#client, params[at + 1], elements[at + 1]));
      groups.push({
        family,
        comment: group && this.#whose(object, group.comment, mapping?.comment),
        holder:
          mapping?.comment ?? (group && this.#isOpen(object, group.comment) ? undefined : group?.comment),
        lacks: group ? (mapping ? [] : ['mapping']) : ['group', 'mapping'],
        members: mapping?.member ?? [],
        excluded: excludedIn(mapping, object.name),
      });
    }
    return groups;
  }

  /** Whether we may put a mapping into a group: one that an entry of this hub made for mappings, or that was offered. */
  #isOpen(object: ObjectRef, comment: string): boolean {
    const { group } = this.#marks;
    return group.isOurs(object.name, comment) || group.isFor({ ...object, create: 'offered' }, comment);
  }

  /** The comment that decides: of a group that is somebody else's, else of the mapping. Undefined: nothing is there. */
  #whose(object: ObjectRef, group: string, mapping: string | undefined): string | undefined {
    if (object.create === 'own') return this.#isOpen(object, group) ? mapping : group;
    const { mapping: marks } = this.#marks;
    // Offered is the group, with or without a mapping that we made in it, or the mapping alone.
    return mapping === undefined || marks.isOurs(object.name, mapping) ? group : mapping;
  }

  making(object: ObjectRef, { family, lacks }: FoundGroup, comment: string): RowWrite[] {
    const { name } = object;
    const table = groupTable(family);
    const group = {
      url: objectUrl(this.#client, table),
      data: { name, comment: this.#marks.group.commentFor(name), member: emptyMembers(this.#client) },
    };
    const { name: device, vdom } = this.#device;
    const mapping = {
      url: `${objectUrl(this.#client, table, name)}/dynamic_mapping`,
      data: { _scope: [{ name: device, vdom }], comment, member: [placeholder] },
    };
    const install = `obj/${table}/${name}`;
    return lacks.includes('group')
      ? [
          { param: group, install: ['add', install] },
          { param: mapping, install: ['add', install] },
        ]
      : [{ param: mapping, install: ['update', install] }];
  }

  /**
   * One list for all changes. It is never empty: no source says whether an empty mapping lets nothing match or gives way to the group's own
   * members, so it then holds the address that matches nothing.
   */
  memberWrites({ name, create }: ObjectRef, group: FoundGroup, items: readonly Item[]): MemberWrite[] {
    const { family, excluded } = group;
    const next = nextMembers(group, items);
    if (!next) return [];
    const again = items.filter(({ isExcluded }) => isExcluded);
    // With its mark: one that somebody deleted meanwhile is made by this, and must not be a stranger's then.
    const comment = create === 'own' ? { comment: this.#marks.mapping.commentFor(name) } : {};
    const param = {
      url: this.#mappingUrl(family, name),
      data: {
        member: next,
        ...(again.length === 0 ? {} : leavingOut(stillExcluded(excluded, again))),
        ...comment,
      },
    };
    return [{ method: 'set', param, items, install: ['update', `obj/${groupTable(family)}/${name}`] }];
  }

  refuseLate({ name }: ObjectRef, groups: readonly FoundGroup[]): void {
    // One that is not shown is missing, or is refused when it is made again.
    for (const { family, lacks, members } of groups)
      if (lacks.length === 0) this.#ownWrites.refuseLate(groupTable(family) + name, members);
  }

  noteWritten({ name }: ObjectRef, group: FoundGroup, items: readonly Item[]): void {
    const next = nextMembers(group, items);
    if (next) this.#ownWrites.note(groupTable(group.family) + name, group.members, next);
  }

  async list(): Promise<NamedComment[]> {
    const param = {
      url: objectUrl(this.#client, groupTable(4)),
      fields: ['name', 'comment', 'dynamic_mapping'],
    };
    const [element] = await this.#client.read([param]);
    const groups = await mappedGroupsOf(this.#client, param, element);
    return groups.flatMap(({ name, dynamic_mapping: mappings }) =>
      mappings.filter((one) => this.#isMine(one)).map(({ comment }) => ({ name, comment })),
    );
  }

  #isMine({ _scope: scope }: MappedGroup['dynamic_mapping'][number]): boolean {
    return scope.some(({ name, vdom }) => name === this.#device.name && vdom === this.#device.vdom);
  }

  /**
   * The mapping of a group that nothing uses: without it the device would take the group's own members. The group goes along when it was made
   * for mappings and nobody else has anything in it.
   */
  async removals(object: ObjectRef): Promise<RowWrite[]> {
    const { name } = object;
    const params = families.map((family) => ({
      url: objectUrl(this.#client, groupTable(family), name),
      fields: ['name', 'comment', 'member', 'dynamic_mapping'],
    }));
    const elements = await this.#client.read(params);
    const writes: RowWrite[] = [];
    for (const [index, family] of families.entries()) {
      const group = await mappedGroupOf(this.#client, params[index], elements[index]);
      const mapping = group?.dynamic_mapping.find((one) => this.#isMine(one));
      if (!group || !mapping) continue;
      if (!this.#marks.mapping.isOurs(name, mapping.comment)) throw foreign(name);
      await this.#requireUnused(family, name);
      const install = `obj/${groupTable(family)}/${name}`;
      const isEmpty = group.dynamic_mapping.length === 1 && group.member.every((one) => one === placeholder);
      const goes = isEmpty && this.#marks.group.isOurs(name, group.comment);
      writes.push({
        param: { url: this.#mappingUrl(family, name) },
        install: [goes ? 'delete' : 'update', install],
      });
      if (goes)
        writes.push({
          param: { url: objectUrl(this.#client, groupTable(family), name) },
          install: ['delete', install],
        });
    }
    return writes;
  }

  async #requireUnused(family: AddressFamily, name: string): Promise<void> {
    const { users } = await readUses(this.#client, groupTable(family), name);
    if (users.length > 0)
      throw new ZonebridgeError('firewall/object-in-use', `${name} is used by something in the ADOM`);
  }

  #mappingUrl(family: AddressFamily, name: string): string {
    const { name: device, vdom } = this.#device;
    return `${objectUrl(this.#client, groupTable(family), name)}/dynamic_mapping/${inUrl(device)}/${inUrl(vdom)}`;
  }
}

/** The whole list once the items are done; undefined when there is nothing to write. */
function nextMembers({ lacks, members }: FoundGroup, items: readonly Item[]): string[] | undefined {
  const isAbsent = lacks.length > 0 && items.every(({ op }) => op === 'remove');
  if (items.length === 0 || isAbsent) return undefined;
  const gone = new Set(
    items.filter(({ op, isExcluded }) => op === 'remove' && !isExcluded).map((item) => item.name),
  );
  const added = items.filter(({ op }) => op === 'add').map((item) => item.name);
  const kept = members.filter((member) => member !== placeholder && !gone.has(member));
  const next = [...new Set([...kept, ...added])];
  return next.length === 0 ? [placeholder] : next;
}
