import { releaseTogether } from '../../core/plan/rollout.ts';
import type { Configuration } from '../configuration/model.ts';
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
