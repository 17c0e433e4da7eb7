import type { ObjectNameRequest } from '../../core/firewall.ts';
import { checkedOverride, groupName, type NameRule, shortHash } from '../shared/names.ts';

/**
 * Names on the device. The forms are disjoint, because addresses, groups, shards and feeds share name spaces there:
 *
 *   zb-<hub>.<group>              group, as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        group whose name had to be changed: no dot, one underscore
 *   <group name>_<shards>_<n>     shard of a large group: two or three underscores
 *   zb-<hub>-10.1.2.3             IPv4 address: three dots, no underscore
 *   zb-<hub>-fd00-0-0-0-0-0-0-1   IPv6 address with all eight parts: neither
 *   zbf-...                       feed, in the two forms of a group
 */
export const objectNameLength = 79;
export const feedNameLength = 35;

/** Room for `_512_511` behind the name of a group that is split. */
const shardRoom = 8;

function overridesOf(longest: number): NameRule {
  return {
    alphabet: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    longest,
    refusal: (shown) =>
      `object name ${shown} does not fit a FortiGate: up to ${longest} letters, digits, dots, dashes and underscores`,
  };
}

/** Name of a group's object. Injective over hub, group and channel, also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: ObjectNameRequest): string {
  const feed = request.channel === 'push';
  const longest = feed ? feedNameLength : objectNameLength;
  if (request.override !== undefined) return checkedOverride(request.override, overridesOf(longest));
  return groupName(request, feed ? { start: 'zbf-', longest } : { longest: longest - shardRoom });
}

/** Name of shard `index` (from 0) of a group that is split into `count` groups. */
export function shardName(group: string, count: number, index: number): string {
  const tail = `_${count}_${index}`;
  const whole = group + tail;
  if (whole.length <= objectNameLength) return whole;
  // Only an overridden name can be this long.
  const hash = `_${shortHash(group)}`;
  return group.slice(0, objectNameLength - tail.length - hash.length) + hash + tail;
}

/** Into how many shards a group was split, when `member` is the name of one of them. */
export function shardCountIn(group: string, member: string): number | undefined {
  const match = /_(\d{1,3})_(\d{1,3})$/.exec(member);
  const count = Number(match?.[1]);
  const index = Number(match?.[2]);
  return match && member === shardName(group, count, index) ? count : undefined;
}

/** Assumption: no source says whether FortiOS compares names with regard to case; names that differ only in case count as one. */
export { caselessKey as nameKey } from '../shared/names.ts';

/** The same address has one object, whatever groups it is in. */
export {
  addressOfHubName as addressOfName,
  hubAddressName as addressName,
  hubPrefix as addressPrefix,
} from '../shared/names.ts';
