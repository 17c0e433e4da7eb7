import { spread } from '../../../core/model/endpoint.ts';
import type { ObjectRef } from '../../../core/firewall.ts';
import { shardName } from '../names.ts';

/** Share of a shard that is planned to be used: members are spread by hash, not evenly. */
const planned = 0.75;
const shardsMax = 512;

/** Most members a group split into groups of `membersMax` can have. */
export function largestGroup(membersMax: number): number {
  return Math.floor(shardsMaxFor(membersMax) * membersMax * planned);
}

/** The parent is a group, too, so it holds no more than `membersMax` shards. */
function shardsMaxFor(membersMax: number): number {
  let count = 1;
  while (count * 2 <= Math.min(shardsMax, membersMax)) count *= 2;
  return count;
}

/**
 * Into how many groups the members of an object are spread: 1 is the group itself, more are child groups.
 * It depends on the size the group may reach, never on the size it has, so that no write has to ask first;
 * powers of two keep it the same over small changes of that limit.
 */
export function shardCount(object: ObjectRef, membersMax: number): number {
  const size = object.sizeHint ?? 0;
  if (size <= membersMax) return 1;
  let count = 2;
  while (count * membersMax * planned < size && count < shardsMaxFor(membersMax)) count *= 2;
  return count;
}

/** The group that holds an address in the layout of `count` shards. */
export function holderOf(group: string, count: number, address: string): string {
  return count === 1 ? group : shardName(group, count, shardIndex(address, count));
}

/** The upper bits are mixed in, because the lower ones of this hash follow the last digits of an address closely. */
function shardIndex(address: string, count: number): number {
  const hash = spread(address);
  return (hash ^ (hash >>> 15)) & (count - 1);
}

export function shardNames(group: string, count: number): string[] {
  return count === 1 ? [] : Array.from({ length: count }, (_, index) => shardName(group, count, index));
}
