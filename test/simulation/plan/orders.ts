import { defaultBrakes } from '../../../lib/core/plan/brakes.ts';
import type { Dice } from '../kernel/dice.ts';
import { type ClosedTimes, type GroupSpec, type HubSpec, wide } from './spec.ts';
import type { OrderStep, Plan, Step } from './steps.ts';

/**
 * Adds people who order and decide to a plan: pauses, quarantines, rejections, and times in which changes wait. Its dice are its own, so
 * that the rest of the plan stays as it is.
 */
export function withOrders(plan: Plan, dice: Dice): Plan {
  if (dice.chance(0.25)) return plan;
  const hubs = plan.hubs.map((hub) => hubWith(dice, hub));
  const deny = hubs.map(({ groups }) => groups.find(({ usedIn }) => usedIn === 'deny'));
  const steps = plan.steps.map((step): Step => {
    const added = step.in === 'hub' && step.do === 'apply' ? deny[step.hub] : undefined;
    return step.in === 'hub' && step.do === 'apply' && added
      ? { ...step, groups: [...step.groups, added] }
      : step;
  });
  const count = dice.between(0, Math.ceil(plan.steps.length / 6));
  for (let done = 0; done < count; done++) {
    const step = { ...orderOf(dice, hubs.length), wait: Math.floor(dice.delay(20_000)) };
    steps.splice(dice.between(0, steps.length), 0, step);
  }
  return { ...plan, hubs, steps };
}

function hubWith(dice: Dice, hub: HubSpec): HubSpec {
  const groups = dice.chance(0.6) ? [...hub.groups, denyGroupOf(dice, hub)] : hub.groups;
  const closed = dice.chance(0.3) ? closedOf(dice, hub) : [];
  return { ...hub, groups, closed };
}

/** Where quarantined addresses go; now and then it selects something itself. */
function denyGroupOf(dice: Dice, { firewalls }: HubSpec): GroupSpec {
  const published = firewalls.filter(() => dice.chance(0.8));
  return {
    name: 'blocked',
    apps: [dice.chance(0.2) ? 'job' : 'nobody'],
    namespaces: undefined,
    stage: undefined,
    addresses: 'pod',
    usedIn: 'deny',
    maxMembers: 200,
    brakes: dice.pick([wide, defaultBrakes]) ?? wide,
    publish: (published.length > 0 ? published : firewalls.slice(0, 1)).map(({ name }) => ({
      firewall: name,
      channel: 'list',
      create: 'own',
      mode: 'sync',
      onForeignAdd: dice.chance(0.6) ? 'remove' : 'report',
    })),
  };
}

/** A calendar, or the maintenance windows of a firewall, or both. */
function closedOf(dice: Dice, { firewalls }: HubSpec): ClosedTimes[] {
  const form = dice.weighted({ freeze: 2, never: 1, only: 1 });
  const one = dice.pick(firewalls)?.name;
  const firewall = form === 'freeze' && dice.chance(0.5) ? undefined : one;
  const strict = form !== 'freeze' && dice.chance(0.3);
  const closed: ClosedTimes = { form, firewall, strict, times: timesOf(dice) };
  if (form === 'freeze' || !dice.chance(0.3)) return [closed];
  return [closed, { form: 'freeze', firewall: undefined, strict: false, times: timesOf(dice) }];
}

function timesOf(dice: Dice): { from: number; to: number }[] {
  const times: { from: number; to: number }[] = [];
  let from = dice.between(1, 60);
  for (let count = dice.between(1, 3); count > 0; count--) {
    const to = from + dice.between(3, 50);
    times.push({ from, to });
    from = to + dice.between(5, 90);
  }
  return times;
}

function orderOf(dice: Dice, hubs: number): OrderStep {
  const base = { in: 'order' as const, hub: dice.between(0, hubs - 1), choice: dice.between(0, 999) };
  const what = dice.weighted({ pause: 4, resume: 5, quarantine: 5, lift: 3, reject: 5, 'approve own': 2 });
  if (what === 'pause' || what === 'resume') return { ...base, do: what, whole: dice.chance(0.3) };
  if (what !== 'quarantine') return { ...base, do: what };
  return { ...base, do: what, what: dice.pick(['address', 'pod', 'used address'] as const) ?? 'address' };
}
