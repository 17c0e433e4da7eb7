import { ZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';

/**
 * Names on the manager, for dynamic objects and network groups alike:
 *
 *   zb-<hub>.<group>              as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        changed, because of length or alphabet: no dot, one underscore
 *
 * 64 characters are what network objects may have; dynamic objects may have 128, and the shorter name fits both.
 */
export const nameLength = 64;

const plain = /^[a-z0-9-]+$/;
/** What both kinds of object take. */
const alphabet = /^[A-Za-z0-9_.-]+$/;
const start = 'zb-';
const hashDigits = 16;

/** Name of a group's object. Injective over hub and group, also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: {
  hub: string;
  group: string;
  channel: string;
  override?: string | undefined;
}): string {
  const { hub, group, override } = request;
  if (override !== undefined) return checkedOverride(override);
  const name = `${start}${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= nameLength) return name;
  const hash = digest(JSON.stringify([hub, group])).slice(0, hashDigits);
  const readable = group
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, nameLength - start.length - hashDigits - 1);
  return `${start}${readable}_${hash}`;
}

function checkedOverride(name: string): string {
  if (alphabet.test(name) && name.length <= nameLength) return name;
  throw new ZonebridgeError(
    'configuration/invalid',
    `${JSON.stringify(name)} cannot be used as a name on an FMC: 1 to ${nameLength} letters, digits, dots, dashes and underscores`,
  );
}

/** Assumption: no source says whether the manager tells names apart by case; names that differ only in case count as one. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** Who made a dynamic object, as the manager shows it. */
export function agentOf(hub: string): string {
  return `zonebridge-${hub}`;
}
