import type { FirewallBrakes } from '../../core/model/address-group.ts';
import { firewallRemovalsLeft } from '../../core/plan/brakes.ts';
import { releaseTogether } from '../../core/plan/rollout.ts';
import type { Configuration } from '../configuration/model.ts';
import type { FirewallTotals } from '../state/firewall-records.ts';
import type { FirewallPlan } from './plan.ts';
import type { PlannedGroup } from './plan-group.ts';

/** Makes the plans of groups with `consistency: all` agree: what the brakes hold on one firewall is released on none. */
export function together(plans: readonly FirewallPlan[], configuration: Configuration): FirewallPlan[] {
  const agreed = new Map<PlannedGroup, PlannedGroup>();
  for (const { name, consistency } of Object.values(configuration.groups)) {
    if (consistency !== 'all') continue;
    const places = plans
      .flatMap(({ groups }) => groups)
      .filter(({ group, mode }) => group === name && mode !== 'observe');
    const allowances = releaseTogether(
      places.map((place) => ({
        allowance: place.allowance,
        heldAdditions: heldByBrakes(place, 'add'),
        heldRemovals: heldByBrakes(place, 'remove'),
      })),
    );
    for (const [index, place] of places.entries()) {
      const allowance = allowances[index];
      if (allowance) agreed.set(place, withAllowance(place, allowance));
    }
  }
  return plans.map((plan) => ({ ...plan, groups: plan.groups.map((group) => agreed.get(group) ?? group) }));
}

const reasons = { add: 'configuration-growth', remove: 'configuration-shrink' } as const;

function heldByBrakes({ held }: PlannedGroup, op: 'add' | 'remove'): number {
  return held.filter((one) => one.op === op && (one.reason === reasons[op] || one.reason === 'empties'))
    .length;
}

/**
 * The brake of the firewall as a whole, for losses of several groups: many small ones are a large one, in one plan or one after the other. Beyond
 * it no removal of the configuration is released there. What one group loses alone is for its own brake. `totals` are those of the window that
 * runs, where one does.
 */
export function withinFirewall(
  plan: FirewallPlan,
  totals: Pick<FirewallTotals, 'size' | 'sizeAtStart'> | undefined,
  brakes: FirewallBrakes | undefined,
): FirewallPlan {
  const losses = plan.groups.filter(({ mode }) => mode !== 'observe').map(lossOf);
  const loss = losses.reduce((sum, one) => sum + one, 0);
  const lostBefore = totals !== undefined && totals.size < totals.sizeAtStart;
  const losing = losses.filter((one) => one > 0).length + Number(lostBefore);
  const size = plan.groups.reduce((sum, group) => sum + group.size, 0);
  const begins = [{ size, sizeAtStart: size }, ...(totals ? [totals] : [])];
  const left = Math.max(0, Math.min(...begins.map((begin) => firewallRemovalsLeft(begin, brakes))));
  if (losing < 2 || loss <= left) return plan;
  const groups = plan.groups.map((group) =>
    group.mode === 'observe' ? group : withAllowance(group, { ...group.allowance, remove: 0 }),
  );
  const note = `its groups together would lose ${loss} members, and its brake lets ${left} more go in this window: removals are held`;
  return { ...plan, groups, notes: [...plan.notes, note] };
}

/** What leaves by a plan beyond what comes; held changes do neither. */
function lossOf({ add, remove, held }: PlannedGroup): number {
  const going = (op: 'add' | 'remove', all: readonly string[]): number =>
    all.length - held.filter((one) => one.op === op).length;
  return going('remove', remove) - going('add', add);
}

/** What is no longer released is shown as held. */
function withAllowance(place: PlannedGroup, allowance: PlannedGroup['allowance']): PlannedGroup {
  const held = [...place.held];
  for (const op of ['add', 'remove'] as const) {
    if (allowance[op] > 0 || place.allowance[op] === 0) continue;
    const known = new Set(held.filter((one) => one.op === op).map(({ address }) => address));
    for (const address of place[op]) if (!known.has(address)) held.push({ op, address, reason: reasons[op] });
  }
  return { ...place, allowance, held };
}
