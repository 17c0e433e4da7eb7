import type { ObjectNameRequest } from '../../core/firewall.ts';
import { checkedOverride, groupName, type NameRule, readableWord } from '../shared/names.ts';

/** A list has up to 255 characters (EC2 API reference, CreateManagedPrefixList); the sibling for IPv6 needs three of them. */
export const nameLength = 252;

const siblingEnd = '.v6';
/** What AWS keeps for its own lists. */
const reserved = /^com\.(amazonaws|amazon|aws)/i;

const overrides: NameRule = {
  alphabet: /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/,
  longest: nameLength,
  refuses: (name) => reserved.test(name) || name.endsWith(siblingEnd),
  refusal: (shown) =>
    `object name ${shown} does not fit a prefix list: up to ${nameLength} letters, digits, blanks, dots, dashes and underscores, not beginning with com.amazonaws and not ending in ${siblingEnd}`,
};

/**
 * Name of a group's list for IPv4. Injective over hub and group, also without regard to case, and never the name of a sibling, which has
 * another dot. Throws `configuration/invalid`.
 */
export function objectName(request: Omit<ObjectNameRequest, 'channel'>): string {
  if (request.override !== undefined) return checkedOverride(request.override, overrides);
  const readable = (group: string): string => readableWord(group).slice(0, 200);
  return groupName(request, { longest: nameLength, readable });
}

/** A list holds one address family: the addresses of the other one are in a list beside it. */
export function siblingName(name: string): string {
  return name + siblingEnd;
}

/** Lists with names that differ in case are different lists, and two lists may even have the same name. */
export function nameKey(name: string): string {
  return name;
}
