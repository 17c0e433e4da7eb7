import type { ChannelCalls } from '../firewall.ts';
import type { Counters } from './brakes.ts';
import { groupCalls, makingCalls } from './call-estimate.ts';
import type { GroupPlan, PlannedChange } from './plan.ts';

export interface Priced {
  plan: GroupPlan;
  /** What its channel needs for a change. */
  calls: ChannelCalls;
}

/** Lower goes first. Only the removal of a dead address may go before the addition that replaces it. */
function rank({ op, witnessed, moved }: PlannedChange): number {
  if (op === 'add') return 1;
  return witnessed || moved ? 0 : 2;
}

/**
 * What of several plans for one firewall fits into the calls that are left: removals of dead addresses first, then additions, then
 * other removals. What does not fit is in neither plan nor holds: its rows stay dirty, and nothing waits for a person.
 */
export function fitBudget(priced: readonly Priced[], left: number): { plans: GroupPlan[]; deferred: number } {
  if (priced.reduce((sum, one) => sum + callsOf(one), 0) <= left)
    return { plans: priced.map(({ plan }) => plan), deferred: 0 };
  const candidates = priced.flatMap(({ plan, calls }) =>
    plan.changes.map((change) => ({ change, calls, plan, rank: rank(change) })),
  );
  candidates.sort((a, b) => a.rank - b.rank);
  const chosen = new Set<PlannedChange>();
  const begun = new Set<GroupPlan>();
  const channels = new Set<ChannelCalls>();
  let spent = 0;
  let room = left;
  for (const { change, calls, plan } of candidates) {
    const first =
      (channels.has(calls) ? 0 : calls.apply) + (begun.has(plan) ? 0 : calls.object + makingCalls(plan));
    const cost = first + calls[change.op];
    if (spent + cost > room) {
      // Nothing overtakes what comes first, but what travels in a call that is made anyway.
      room = spent;
      continue;
    }
    spent += cost;
    chosen.add(change);
    begun.add(plan);
    channels.add(calls);
  }
  const plans = priced.map(({ plan }) => reduced(plan, chosen));
  return { plans, deferred: candidates.length - chosen.size };
}

function callsOf({ plan, calls }: Priced): number {
  if (plan.changes.length === 0) return 0;
  const add = plan.changes.filter(({ op }) => op === 'add').length;
  const remove = plan.changes.length - add;
  return calls.apply + groupCalls({ ...plan, calls, add, remove });
}

function reduced(plan: GroupPlan, chosen: ReadonlySet<PlannedChange>): GroupPlan {
  const changes = plan.changes.filter((change) => chosen.has(change));
  const without = plan.changes.filter((change) => !chosen.has(change));
  const create = plan.create && changes.some(({ op }) => op === 'add');
  const adopt = plan.adopt && changes.length > 0;
  return { ...plan, create, adopt, changes, counters: without.reduce(withdrawn, plan.counters) };
}

/** The counters as if the change had not been planned: the inverse of what the brakes counted when they let it go. */
function withdrawn(counters: Counters, { op, cause, approved }: PlannedChange): Counters {
  const { allowance, writes } = counters;
  const released = cause === 'configuration' && !approved;
  return {
    ...counters,
    size: Math.max(0, counters.size + (op === 'add' ? -1 : 1)),
    allowance: released ? { ...allowance, [op]: allowance[op] + 1 } : allowance,
    ...(writes ? { writes: { ...writes, count: Math.max(0, writes.count - 1) } } : {}),
  };
}
