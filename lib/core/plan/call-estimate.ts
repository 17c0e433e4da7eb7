import type { ChannelCalls } from '../firewall.ts';

/** Changes of one group, over a channel that needs `calls` for them. */
export interface EstimatedGroup {
  calls: ChannelCalls;
  create: boolean;
  adopt: boolean;
  add: number;
  remove: number;
}

/** Calls that a firewall takes for changes, and how many minutes they need at the rate that we allow ourselves. */
export interface CallEstimate {
  calls: number;
  callsPerMinute: number;
  /** Whole minutes; 0 when one minute's calls suffice. */
  minutes: number;
}

/** Making an object is one call more; adopting one is two looks and a write. */
export function makingCalls({ create, adopt }: Pick<EstimatedGroup, 'create' | 'adopt'>): number {
  return Number(create) + 3 * Number(adopt);
}

/** What the changes of one group need beside what its channel takes once for all of them. */
export function groupCalls({ calls, add, remove, ...making }: EstimatedGroup): number {
  return calls.object + makingCalls(making) + calls.add * add + calls.remove * remove;
}

/**
 * About what a first fill, or any plan, costs: by the calls that the channels name when all goes well and everything goes at once. More come
 * for logins, for looks at what is uncertain, and where changes come in several runs.
 */
export function estimateCalls(groups: readonly EstimatedGroup[], callsPerMinute: number): CallEstimate {
  const changed = groups.filter(({ add, remove }) => add + remove > 0);
  const channels = new Set(changed.map(({ calls }) => calls));
  const once = [...channels].reduce((sum, { apply }) => sum + apply, 0);
  const each = changed.reduce((sum, one) => sum + groupCalls(one), 0);
  const calls = Math.ceil(once + each);
  return { calls, callsPerMinute, minutes: calls <= callsPerMinute ? 0 : Math.ceil(calls / callsPerMinute) };
}
