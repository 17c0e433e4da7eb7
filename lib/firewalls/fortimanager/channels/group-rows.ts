import type { NamedComment, ObjectRef } from '../../../core/firewall.ts';
import { foreign, type Marks } from '../../shared/marks.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { isDuplicate, isMissing } from '../errors.ts';
import type { FoundGroup, GroupPlace, MemberWrite, RowWrite } from './group-place.ts';
import type { InstallStep } from '../install.ts';
import { type Item, stillExcluded } from './object-items.ts';
import {
  emptyMembers,
  excludedIn,
  families,
  groupOf,
  groupParams,
  groupTable,
  leavingOut,
  objectUrl,
  rowOf,
  rowsOf,
} from './object-rows.ts';

/** Members in the rows of the groups themselves: the same for all devices. */
export class GroupRows implements GroupPlace {
  readonly addressMethod = 'add';
  readonly adopts = true;
  readonly #client: FortimanagerClient;
  readonly #marks: Marks;

  constructor(client: FortimanagerClient, marks: Marks) {
    this.#client = client;
    this.#marks = marks;
  }

  /** Without members the answer does not grow with the group. */
  look(object: ObjectRef, members = false): Param[] {
    return groupParams(this.#client, object, members);
  }

  async found(
    object: ObjectRef,
    params: readonly Param[],
    elements: readonly Element[],
  ): Promise<FoundGroup[]> {
    const groups: FoundGroup[] = [];
    for (const [index, family] of families.entries()) {
      const param = params[index];
      const hasMembers = Array.isArray(param?.['fields']) && param['fields'].includes('member');
      const whole = hasMembers ? await groupOf(this.#client, param, elements[index]) : undefined;
      const row = hasMembers ? whole : await rowOf(this.#client, param, elements[index]);
      groups.push({
        family,
        comment: row?.comment,
        holder: row?.comment,
        lacks: row ? [] : ['group'],
        members: whole?.member ?? [],
        excluded: excludedIn(whole, object.name),
      });
    }
    return groups;
  }

  making({ name }: ObjectRef, { family }: FoundGroup, comment: string): RowWrite[] {
    const url = objectUrl(this.#client, groupTable(family));
    const data = { name, comment, member: emptyMembers(this.#client) };
    return [{ param: { url, data }, install: ['add', `obj/${groupTable(family)}/${name}`] }];
  }

  memberWrites({ name }: ObjectRef, group: FoundGroup, items: readonly Item[]): MemberWrite[] {
    const { family, excluded } = group;
    const row = objectUrl(this.#client, groupTable(family), name);
    const url = `${row}/member`;
    const install: InstallStep = ['update', `obj/${groupTable(family)}/${name}`];
    const again = items.filter(({ isExcluded }) => isExcluded);
    const data = leavingOut(stillExcluded(excluded, again));
    const include: MemberWrite[] =
      again.length === 0 ? [] : [{ method: 'update', param: { url: row, data }, items: again, install }];
    const own = items.filter(({ isExcluded }) => !isExcluded);
    const writes = own.map(
      (item): MemberWrite => ({
        method: item.op === 'add' ? 'add' : 'delete',
        param: { url, data: [item.name] },
        items: [item],
        mayFail: item.op === 'add' ? isDuplicate : isMissing,
        install,
      }),
    );
    return [...include, ...writes];
  }

  async list(): Promise<NamedComment[]> {
    const param = { url: objectUrl(this.#client, groupTable(4)), fields: ['name', 'comment'], loadsub: 0 };
    const [element] = await this.#client.read([param]);
    const rows = await rowsOf(this.#client, param, element);
    return rows.map(({ name, comment }) => ({ name, comment }));
  }

  /** Looked at again: while the lock was waited for somebody may have made one of this name. What something uses is refused by the manager. */
  async removals(object: ObjectRef): Promise<RowWrite[]> {
    const { name } = object;
    const params = this.look(object);
    const found = await this.found(object, params, await this.#client.read(params));
    const there = found.filter(({ comment }) => comment !== undefined);
    if (there.some(({ comment = '' }) => !this.#marks.isOurs(name, comment))) throw foreign(name);
    return there.map(({ family }) => ({
      param: { url: objectUrl(this.#client, groupTable(family), name) },
      install: ['delete', `obj/${groupTable(family)}/${name}`],
    }));
  }
}
