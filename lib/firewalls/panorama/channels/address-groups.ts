import { ZonebridgeError, isZonebridgeError } from '../../../core/errors.ts';
import type { NamedComment, ObjectUse } from '../../../core/firewall.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { child, childrenNamed, type Element, textAt } from '../xml.ts';
import { addresses, addressGroups, entry, rulebases } from './xpaths.ts';

/** Which of the two: what is in force, or what would be after a commit of everybody's changes. */
type Which = 'show' | 'get';

/** Nodes at a path; empty where there is none (`get`: success with code 7; `show`: "No such node"). */
export async function nodes(client: PanoramaClient, which: Which, xpath: string): Promise<Element[]> {
  try {
    const { result, code } = await client.readConfig(which, xpath);
    if (!result && code !== 7) throw incomplete(`config ${which}`);
    return result?.children ?? [];
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/object-missing')) return [];
    throw error;
  }
}

/** An inherited entry stands in the list, too, and names the group that owns it. */
function isOwn({ attributes }: Element): boolean {
  return attributes['loc'] === undefined;
}

/**
 * Description of a group in the candidate configuration; undefined when there is no group of this name. One that a device group inherits is
 * somebody else's, whatever it says: a change would make a copy beside it. Only the whole entry tells that.
 */
export async function readComment(client: PanoramaClient, name: string): Promise<string | undefined> {
  const path = addressGroups(client.settings) + entry(name);
  if (client.settings.deviceGroup === undefined) {
    const [description] = await nodes(client, 'get', `${path}/description`);
    if (description) return description.text.trim();
  }
  // A group without description has no such node either.
  const [group] = await nodes(client, 'get', path);
  return group && (isOwn(group) ? commentOf(group) : '');
}

export function commentOf(group: Element): string {
  return textAt(group, 'description') ?? '';
}

export async function listComments(client: PanoramaClient): Promise<NamedComment[]> {
  const groups = await readGroups(client, 'get');
  return [...groups].map(([name, group]) => ({ name, comment: commentOf(group) }));
}

/** Groups of the scope itself, whoever made them. */
export async function readGroups(
  client: PanoramaClient,
  which: Which,
): Promise<ReadonlyMap<string, Element>> {
  const [list] = await nodes(client, which, addressGroups(client.settings));
  const own = childrenNamed(list, 'entry').filter(isOwn);
  return new Map(own.map((group) => [group.attributes['name'] ?? '', group]));
}

/** A group of the scope itself; undefined when there is none of this name. */
export async function readGroup(
  client: PanoramaClient,
  which: Which,
  name: string,
): Promise<Element | undefined> {
  return (await nodes(client, which, addressGroups(client.settings) + entry(name))).find(isOwn);
}

/** Names of the members of a static group; undefined when there is none. Throws `firewall/unsupported` for a dynamic one. */
export async function readMembers(
  client: PanoramaClient,
  name: string,
  which: Which = 'show',
): Promise<string[] | undefined> {
  const group = await readGroup(client, which, name);
  if (group && !child(group, 'static'))
    throw new ZonebridgeError(
      'firewall/unsupported',
      `address group ${name} is not static: use channel "tags" for a dynamic one`,
    );
  return group && membersOf(group);
}

export function membersOf(group: Element | undefined): string[] {
  return group ? names(group, 'static') : [];
}

/** What address objects in force stand for, by name; undefined where it is no address (a range, a name, another prefix). */
export async function readAddresses(
  client: PanoramaClient,
): Promise<ReadonlyMap<string, string | undefined>> {
  const [list] = await nodes(client, 'show', addresses(client.settings));
  return new Map(
    childrenNamed(list, 'entry').map((one) => [
      one.attributes['name'] ?? '',
      textAt(one, 'ip-netmask')?.replace(/^([\d.]+)\/32$|^([\da-fA-F:]+)\/128$/, '$1$2'),
    ]),
  );
}

/**
 * Groups and rules of the same scope that name a group. Rules of other device groups, and other uses, show only when the device refuses
 * the deletion.
 */
export async function readUse(client: PanoramaClient, name: string): Promise<ObjectUse> {
  const users: ObjectUse['users'][number][] = [];
  const [groups] = await nodes(client, 'get', addressGroups(client.settings));
  for (const group of childrenNamed(groups, 'entry'))
    if (names(group, 'static').includes(name)) users.push(userOf('address-group', group, 'static'));
  for (const rulebase of rulebases(client.settings)) {
    const [rules] = await nodes(client, 'get', rulebase);
    for (const rule of childrenNamed(rules, 'entry'))
      for (const field of ['source', 'destination'])
        if (names(rule, field).includes(name)) users.push(userOf('security rule', rule, field));
  }
  return { count: users.length, users };
}

function names(element: Element, field: string): string[] {
  return childrenNamed(child(element, field), 'member').map(({ text }) => text.trim());
}

function userOf(where: string, { attributes }: Element, field: string): ObjectUse['users'][number] {
  return { where, key: printable(attributes['name'] ?? ''), field };
}
