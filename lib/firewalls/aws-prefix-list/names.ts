import { ZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';

/** A list has up to 255 characters (EC2 API reference, CreateManagedPrefixList); the sibling for IPv6 needs three of them. */
export const nameLength = 252;

const siblingEnd = '.v6';
const plain = /^[a-z0-9-]+$/;
/** What AWS keeps for its own lists. */
const reserved = /^com\.(amazonaws|amazon|aws)/i;

export interface NameRequest {
  hub: string;
  group: string;
  override?: string | undefined;
}

/**
 * Name of a group's list for IPv4: `zb-<hub>.<group>`, or `zb-<readable>_<16 hex>` where that does not fit. Injective over hub and group, also
 * without regard to case, and never the name of a sibling, which has another dot. Throws `configuration/invalid`.
 */
export function objectName({ hub, group, override }: NameRequest): string {
  if (override !== undefined) return checkedOverride(override);
  const name = `zb-${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= nameLength) return name;
  const readable = group
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 200);
  return `zb-${readable}_${digest(JSON.stringify([hub, group])).slice(0, 16)}`;
}

/** A list holds one address family: the addresses of the other one are in a list beside it. */
export function siblingName(name: string): string {
  return name + siblingEnd;
}

function checkedOverride(name: string): string {
  const fits = /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(name) && name.length <= nameLength;
  if (fits && !reserved.test(name) && !name.endsWith(siblingEnd)) return name;
  throw new ZonebridgeError(
    'configuration/invalid',
    `object name ${JSON.stringify(name.slice(0, 100))} does not fit a prefix list: up to ${nameLength} letters, digits, blanks, dots, dashes and underscores, not beginning with com.amazonaws and not ending in ${siblingEnd}`,
  );
}

/** Lists with names that differ in case are different lists, and two lists may even have the same name. */
export function nameKey(name: string): string {
  return name;
}
