import type { ObjectNameRequest } from '../../core/firewall.ts';
import { checkedOverride, groupName, hashedName, type NameRule } from '../shared/names.ts';

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

const groupRule: NameRule = {
  alphabet: /^[A-Za-z0-9_][A-Za-z0-9 ._-]*$/,
  longest: objectNameLength,
  refuses: endsBlank,
  refusal: (shown) =>
    `object name ${shown} does not fit PAN-OS: up to ${objectNameLength} letters, digits, spaces, dots, dashes and underscores`,
};
/** Assumption: a tag may hold more signs than these; what could end a quoted name in a filter is left out on purpose. */
const tagRule: NameRule = {
  alphabet: /^[A-Za-z0-9_][A-Za-z0-9 ._:@=+/-]*$/,
  longest: tagLength,
  refuses: endsBlank,
  refusal: (shown) =>
    `object name ${shown} does not fit PAN-OS: up to ${tagLength} letters, digits, spaces and . _ - : @ = + /`,
};

function endsBlank(name: string): boolean {
  return name.endsWith(' ');
}

/** Name of a group's tag or address group, injective also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: ObjectNameRequest): string {
  const { channel, override } = request;
  if (override !== undefined) return checkedOverride(override, channel === 'tags' ? tagRule : groupRule);
  if (channel === 'tags') return tagName(request);
  // No dot, so that it can never be the plain name of another group.
  const readable = (group: string): string => dotted(group).replaceAll('.', '-');
  return groupName(request, { longest: objectNameLength, readable });
}

/** The tag that we make for a group: its name alone says whose it is, because a registered tag carries no comment. */
export function tagName({ hub, group, firewall }: ObjectNameRequest): string {
  if (firewall === undefined) throw new RangeError('the name of a tag holds its firewall');
  const readable = dotted(`${hub}.${group}`);
  return hashedName(['tag', hub, firewall, group], { start: 'zb-', longest: tagLength, readable });
}

function dotted(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}

/** Assumption: no source says whether PAN-OS compares names with regard to case; names that differ only in case count as one. */
export { caselessKey as nameKey } from '../shared/names.ts';
