import { ZonebridgeError } from '../../../core/errors.ts';
import { editedWord, type ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { Marks } from '../../shared/marks.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { isAllInstalled, packageStatusParam } from '../install.ts';
import { addressName, addressOfName } from '../names.ts';
import { addressOfRow } from '../translate.ts';
import { families, groupOf, groupParams, ownAddressParams, placeholder, rowsOf } from './object-rows.ts';

/** Members of a group, and whether what the ADOM holds is known to be on the firewalls. */
export interface Members {
  addresses: string[];
  installed: boolean;
}

/**
 * Reads a group in one call: both families, our address objects, and the state of the packages where installs are ours. A member that is no
 * object of ours comes as `object:<name>` (`object6:<name>`), one of ours that was edited as `edited:<address>`.
 */
export async function readMembers(
  place: { client: FortimanagerClient; marks: Marks; hub: string },
  object: ObjectRef,
): Promise<Members> {
  const { client, marks, hub } = place;
  const installs = client.settings.install !== 'none';
  const params: Param[] = [
    ...groupParams(client, object, ['member']),
    ...ownAddressParams(client, hub),
    ...(installs ? [packageStatusParam(client)] : []),
  ];
  const elements = await client.read(params);
  const addresses = new Set<string>();
  for (const [index, family] of families.entries()) {
    const group = await groupOf(client, params[index], elements[index]);
    const rows = await rowsOf(client, params[index + 2], elements[index + 2]);
    if (!group && family === 4) throw missing(object);
    // A foreign sibling holds nothing of ours.
    if (!group || (family === 6 && !marks.isFor(object, group.comment))) continue;
    const known = new Map(rows.map((row) => [row.name, addressOfRow(row)]));
    for (const name of group.member)
      if (name !== placeholder) addresses.add(memberText(hub, { family, name, known }));
  }
  return {
    addresses: [...addresses],
    installed: !installs || (await isInstalled(client, params[4], elements[4])),
  };
}

function memberText(
  hub: string,
  {
    family,
    name,
    known,
  }: { family: AddressFamily; name: string; known: ReadonlyMap<string, string | undefined> },
): string {
  const address = known.get(name);
  if (address !== undefined && addressName(hub, address) === name) return address;
  const meant = known.has(name) ? addressOfName(hub, name) : undefined;
  if (meant !== undefined) return `${editedWord}${meant}`;
  return `${family === 4 ? 'object' : 'object6'}:${name}`;
}

async function isInstalled(
  client: FortimanagerClient,
  param: Param | undefined,
  element: Element | undefined,
): Promise<boolean> {
  if (element?.status.code !== 0) throw await client.error('get', param ?? { url: '?' }, element);
  return isAllInstalled(element.data);
}

/** What {@link readMembers} says of a member that is not ours; undefined for any other text. */
export function parseStranger(text: string): { family: AddressFamily; name: string } | undefined {
  const match = /^object(6?):(.+)$/s.exec(text);
  return match ? { family: match[1] === '6' ? 6 : 4, name: match[2] ?? '' } : undefined;
}

export function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/object-missing',
    `there is no address group ${object.name} in the ADOM`,
  );
}
