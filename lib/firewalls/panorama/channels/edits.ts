import type { Marks } from '../../shared/marks.ts';
import { addressOfName } from '../address-names.ts';
import type { PanoramaClient } from '../client.ts';
import { type Element, xml, xmlText } from '../xml.ts';
import type { Operation } from './operations.ts';
import { addresses, addressGroups, entry, member } from './xpaths.ts';

/** Stands for nobody: documentation never routes it (RFC 5737). It keeps a group from being empty, which a commit may refuse. */
const placeholderValue = '192.0.2.255/32';

/** Where changes go, and whose they are. */
export interface Place {
  client: PanoramaClient;
  marks: Marks;
  hub: string;
}

/** Puts members into a group, and makes it when it is not there. */
export function join(
  { client }: Place,
  group: string,
  names: readonly string[],
  more: readonly Element[] = [],
): Operation {
  const members = names.map((name) => xmlText('member', name));
  const xpath = addressGroups(client.settings) + entry(group);
  return { action: 'set', xpath, content: [xml('static', {}, members), ...more] };
}

export function leave({ client }: Place, group: string, name: string): Operation {
  const xpath = `${addressGroups(client.settings)}${entry(group)}/static${member(name)}`;
  return { action: 'delete', xpath, mayMiss: true };
}

export function deleteGroup({ client }: Place, group: string): Operation {
  return { action: 'delete', xpath: addressGroups(client.settings) + entry(group) };
}

/** The address object of this name, with the address that its name says. */
export function keepAddress({ client, marks }: Place, prefix: string, name: string): Operation {
  const address = addressOfName(prefix, name);
  const value = address === undefined ? placeholderValue : `${address}/${address.includes(':') ? 128 : 32}`;
  const content = [xmlText('ip-netmask', value), xmlText('description', marks.commentFor(name))];
  return { action: 'set', xpath: addresses(client.settings) + entry(name), content };
}

/** One that somebody uses elsewhere stays, and stands for the same address as before. */
export function dropAddress({ client }: Place, name: string): Operation {
  return { action: 'delete', xpath: addresses(client.settings) + entry(name), mayMiss: true, mayStay: true };
}
