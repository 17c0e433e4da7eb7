import type { ObjectNameRequest } from '../../core/firewall.ts';
import { checkedOverride, groupName, type NameRule } from '../shared/names.ts';

/**
 * Names on the manager, for dynamic objects and network groups alike:
 *
 *   zb-<hub>.<group>              as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        changed, because of length or alphabet: no dot, one underscore
 *
 * 64 characters are what network objects may have; dynamic objects may have 128, and the shorter name fits both.
 */
export const nameLength = 64;

const overrides: NameRule = {
  // What both kinds of object take.
  alphabet: /^[A-Za-z0-9_.-]+$/,
  longest: nameLength,
  refusal: (shown) =>
    `${shown} cannot be used as a name on an FMC: 1 to ${nameLength} letters, digits, dots, dashes and underscores`,
};

/** Name of a group's object. Injective over hub and group, also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: ObjectNameRequest): string {
  if (request.override !== undefined) return checkedOverride(request.override, overrides);
  return groupName(request, { longest: nameLength });
}

/** Assumption: no source says whether the manager tells names apart by case; names that differ only in case count as one. */
export { caselessKey as nameKey } from '../shared/names.ts';

/** Who made a dynamic object, as the manager shows it. */
export function agentOf(hub: string): string {
  return `zonebridge-${hub}`;
}
