import { ZonebridgeError } from '../../../core/errors.ts';
import { editedWord, type ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import { addressFamily } from '../../../core/model/address.ts';
import { shardCountIn } from '../names.ts';
import type { AddressObjects } from './address-objects.ts';
import type { Groups } from './groups.ts';
import { placeholder } from './groups.ts';
import { holderOf } from './layout.ts';
import type { Marks } from '../../shared/marks.ts';

const families: readonly AddressFamily[] = [4, 6];

export interface Tables {
  groups: Groups;
  addresses: AddressObjects;
  marks: Marks;
}

/**
 * Members of a group as canonical addresses, resolved through shards and address objects of every layout.
 * A member that is no object of ours comes as `object:<name>` (`object6:<name>`). An object of ours that was edited to stand for
 * something else comes as `edited:<address>`: its address is not a member, and adding it again puts the object right. What a person made the group leave out
 * comes as `without:<name>` (`without6:<name>`).
 */
export async function listMembers(tables: Tables, object: ObjectRef): Promise<string[]> {
  const members = new Set<string>();
  for (const family of families) {
    const { names, excluded } = await leafNames(tables, family, object);
    for (const name of excluded) members.add(strangeText('without', family, name));
    const ours = names.some((name) => tables.addresses.isNamedLikeOurs(name));
    const listed = ours ? await tables.addresses.list(family) : new Map<string, string>();
    for (const name of names) {
      const address = listed.get(name);
      // What a group holds exists. To take it for a stranger's would take our own address off.
      if (!listed.has(name) && tables.addresses.meant(name) !== undefined) {
        tables.addresses.forgetListed();
        throw incomplete(object, name);
      }
      if (address !== undefined && tables.addresses.name(address) === name) members.add(address);
      else members.add(strangeMember(tables, { family, name, exists: listed.has(name) }));
    }
  }
  return [...members];
}

/** Names of the direct members of an IPv4 group that is not ours. */
export async function formerNames(groups: Groups, object: ObjectRef): Promise<string[]> {
  const found = await groups.read(4, object.name);
  if (!found) throw noGroup(object);
  return found.members.filter((name) => name !== placeholder);
}

function incomplete(object: ObjectRef, name: string): ZonebridgeError {
  const text = `${object.name} holds ${name}, which the list of address objects lacks: it came back incomplete`;
  return new ZonebridgeError('firewall/unexpected-answer', text);
}

function noGroup({ name }: ObjectRef): ZonebridgeError {
  return new ZonebridgeError('firewall/object-missing', `there is no address group ${name} on the firewall`);
}

async function leafNames(
  { groups, marks }: Tables,
  family: AddressFamily,
  object: ObjectRef,
): Promise<{ names: string[]; excluded: string[] }> {
  const parent = await groups.read(family, object.name);
  if (!parent && family === 4) throw noGroup(object);
  // A foreign sibling holds nothing of ours.
  if (!parent || (family === 6 && !marks.isFor(object, parent.comment))) return { names: [], excluded: [] };
  const leaves: string[] = [];
  const excluded = [...parent.excluded];
  for (const member of parent.members) {
    const shard =
      shardCountIn(object.name, member) === undefined ? undefined : await groups.read(family, member);
    if (!shard || !marks.isOurs(member, shard.comment)) {
      leaves.push(member);
      continue;
    }
    leaves.push(...shard.members);
    excluded.push(...shard.excluded);
  }
  return { names: leaves.filter((name) => name !== placeholder), excluded };
}

function strangeMember(
  tables: Tables,
  member: { family: AddressFamily; name: string; exists: boolean },
): string {
  const meant = member.exists ? tables.addresses.meant(member.name) : undefined;
  return meant === undefined ? strangeText('object', member.family, member.name) : `${editedWord}${meant}`;
}

/** `object`: a member that is not ours; `without`: what a group leaves out. */
function strangeText(what: 'object' | 'without', family: AddressFamily, name: string): string {
  return `${what}${family === 4 ? '' : '6'}:${encodeURIComponent(name)}`;
}

/** Something in a group that no address of ours stands for. */
export interface Strange {
  isExcluded: boolean;
  family: AddressFamily;
  name: string;
}

/** What a text of {@link listMembers} that is no address tells of. */
export function parseStrange(text: string): Strange | undefined {
  const match = /^(object|without)(6?):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, what, six, name = ''] = match;
  return { isExcluded: what === 'without', family: six === '6' ? 6 : 4, name: decodeURIComponent(name) };
}

/** Whether one address is a member: its object is in the group and still stands for it. */
export async function isMember(tables: Tables, object: ObjectRef, address: string): Promise<boolean> {
  return (await isListed(tables, object, address)) && (await tables.addresses.isIntact(address));
}

/** Whether the object of an address is in the group, without reading the group unless its layout changed. */
async function isListed(tables: Tables, object: ObjectRef, address: string): Promise<boolean> {
  const { groups, addresses } = tables;
  const family = addressFamily(address);
  const name = addresses.name(address);
  const holds = async (count: number): Promise<boolean> => {
    const holder = holderOf(object.name, count, address);
    // A shard matches nothing while the group does not hold it.
    const linked = async () => count === 1 || (await groups.hasMember(family, object.name, holder));
    return (await groups.hasMember(family, holder, name)) && (await linked());
  };
  if (await holds(groups.shards(object))) return true;
  for (const count of (await groups.otherLayouts(family, object)) ?? []) if (await holds(count)) return true;
  return false;
}
