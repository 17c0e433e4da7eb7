import { ZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';

/**
 * Names on the device:
 *
 *   zb-<hub>.<group>_<16 hex>       tag of ours; the digits say hub, firewall and group, so that nobody else can have the name
 *   zb-<hub>.<group>                static address group, as it is
 *   zb-<readable>_<16 hex>          static address group whose name had to be changed
 *   zba-<12 hex>-10.1.2.3           address object; the digits say hub and group, so that no two groups share one
 *   zba-<12 hex>-fd00-0-0-0-0-0-0-1 the same for IPv6, with all eight parts
 *   zba-<12 hex>-none               the member that keeps a group from being empty
 *
 * Lengths: tag 127, address and address group 63 characters.
 */
export const tagLength = 127;
export const objectNameLength = 63;

const plain = /^[a-z0-9-]+$/;
const hashDigits = 16;
const groupAlphabet = /^[A-Za-z0-9_][A-Za-z0-9 ._-]*$/;
/** Assumption: a tag may hold more signs than these; what could end a quoted name in a filter is left out on purpose. */
const tagAlphabet = /^[A-Za-z0-9_][A-Za-z0-9 ._:@=+/-]*$/;

export interface NameRequest {
  hub: string;
  group: string;
  channel: string;
  firewall?: string | undefined;
  override?: string | undefined;
}

/** Name of a group's tag or address group, injective also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: NameRequest): string {
  const { channel, override } = request;
  if (override !== undefined) return checkedOverride(channel, override);
  return channel === 'tags' ? tagName(request) : groupName(request);
}

/** The tag that we make for a group: its name alone says whose it is, because a registered tag carries no comment. */
export function tagName({ hub, group, firewall }: NameRequest): string {
  if (firewall === undefined) throw new RangeError('the name of a tag holds its firewall');
  const hash = digest(JSON.stringify(['tag', hub, firewall, group])).slice(0, hashDigits);
  const room = tagLength - 'zb-'.length - hashDigits - 1;
  return `zb-${readable(`${hub}.${group}`).slice(0, room)}_${hash}`;
}

function groupName({ hub, group }: NameRequest): string {
  const name = `zb-${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= objectNameLength) return name;
  const hash = digest(JSON.stringify([hub, group])).slice(0, hashDigits);
  // No dot, so that it can never be the plain name of another group.
  const room = objectNameLength - 'zb-'.length - hashDigits - 1;
  return `zb-${readable(group).replaceAll('.', '-').slice(0, room)}_${hash}`;
}

function readable(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}

function checkedOverride(channel: string, name: string): string {
  const [alphabet, length] =
    channel === 'tags' ? [tagAlphabet, tagLength] : [groupAlphabet, objectNameLength];
  if (alphabet.test(name) && name.length <= length && name.trim() === name) return name;
  const signs = channel === 'tags' ? 'spaces and . _ - : @ = + /' : 'spaces, dots, dashes and underscores';
  throw new ZonebridgeError(
    'configuration/invalid',
    `object name ${JSON.stringify(name.slice(0, 140))} does not fit PAN-OS: up to ${length} letters, digits, ${signs}`,
  );
}

/** Assumption: no source says whether PAN-OS compares names with regard to case; names that differ only in case count as one. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}
