import { ZonebridgeError } from '../../../core/errors.ts';
import { editedWord, type ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { isAllInstalled, packageStatusParam } from '../install.ts';
import { addressName, addressOfName } from '../names.ts';
import { addressOfRow } from '../translate.ts';
import type { Place } from './group-place.ts';
import { strangerText } from './object-items.ts';
import { families, ownAddressParams, placeholder, rowsOf } from './object-rows.ts';

/** Members of a group, and whether what the ADOM holds is known to be on the firewalls. */
export interface Members {
  addresses: string[];
  installed: boolean;
}

/**
 * Reads a group in one call: both families, our address objects, and the state of the packages where installs are ours. A member that is no
 * object of ours comes as `object:<name>` (`object6:<name>`), one of ours that was edited as `edited:<address>`, what a person made the group
 * leave out as `without:<name>` (`without6:<name>`).
 */
export async function readMembers(place: Place, object: ObjectRef): Promise<Members> {
  const { client, marks, hub, groups } = place;
  const installs = client.settings.install !== 'none';
  const asked = groups.look(object, true);
  const params: Param[] = [
    ...asked,
    ...ownAddressParams(client, hub),
    ...(installs ? [packageStatusParam(client)] : []),
  ];
  const elements = await client.read(params);
  const addresses = new Set<string>();
  for (const [index, group] of (await groups.found(object, asked, elements)).entries()) {
    const at = asked.length + index;
    const rows = await rowsOf(client, params[at], elements[at]);
    const { family, comment } = group;
    if (comment === undefined && family === 4) throw missing(object);
    // A foreign sibling holds nothing of ours.
    if (comment === undefined || (family === 6 && !marks.isFor(object, comment))) continue;
    for (const name of group.excluded) addresses.add(strangerText('without', family, name));
    const known = new Map(rows.map((row) => [row.name, addressOfRow(row)]));
    for (const name of group.members) {
      if (name === placeholder) continue;
      // What a group holds exists. To take it for a stranger's would take our own address off.
      if (!known.has(name) && addressOfName(hub, name) !== undefined) throw incomplete(object, name);
      addresses.add(memberText(hub, { family, name, known }));
    }
  }
  const last = asked.length + families.length;
  return {
    addresses: [...addresses],
    installed: !installs || (await isInstalled(client, params[last], elements[last])),
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
  return strangerText('object', family, name);
}

async function isInstalled(
  client: FortimanagerClient,
  param: Param | undefined,
  element: Element | undefined,
): Promise<boolean> {
  if (element?.status.code !== 0) throw await client.error('get', param ?? { url: '?' }, element);
  return isAllInstalled(element.data, client.settings.device);
}

function incomplete(object: ObjectRef, name: string): ZonebridgeError {
  const text = `${object.name} holds ${name}, which the list of address objects lacks: it came back incomplete`;
  return new ZonebridgeError('firewall/unexpected-answer', text);
}

export function missing(object: ObjectRef): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/object-missing',
    `there is no address group ${object.name} in the ADOM`,
  );
}
