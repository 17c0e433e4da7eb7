import { defaultBrakes } from '../../../lib/core/plan/brakes.ts';
import type { Dice } from '../kernel/dice.ts';
import { campaignsOf } from './campaigns.ts';
import { type ClosedTimes, type GroupSpec, type HubSpec, wide } from './spec.ts';
import type { OrderStep, Plan, Step } from './steps.ts';

/**
 * Adds people who order and decide to a plan: pauses, quarantines, rejections, and times in which changes wait; and campaigns. Its dice are its own, so
 * that the rest of the plan stays as it is.
 */
export function withOrders(plan: Plan, dice: Dice): Plan {
  if (dice.chance(0.25)) return plan;
  const first = plan.hubs[0];
  const campaigns = first ? campaignsOf(dice, first) : [];
  const added = plan.hubs.map((hub, index) => [
    ...(dice.chance(0.6) ? [denyGroupOf(dice, hub)] : []),
    ...(index === 0 ? campaigns.map(({ group }) => group) : []),
  ]);
  const detail = detailOf(dice);
  const groupsOf = (hub: number, groups: readonly GroupSpec[]): GroupSpec[] => [
    ...groups.map(detail),
    ...(added[hub] ?? []),
  ];
  const hubs = plan.hubs.map((hub, index) => ({
    ...hub,
    groups: groupsOf(index, hub.groups),
    closed: dice.chance(0.3) ? closedOf(dice, hub) : [],
  }));
  // A later configuration has the same groups beside its own.
  const steps = plan.steps.map((step): Step => {
    if (step.in !== 'hub' || step.do !== 'apply') return step;
    return { ...step, groups: groupsOf(step.hub, step.groups) };
  });
  for (const campaign of campaigns) steps.splice(dice.between(0, steps.length), 0, ...campaign.steps);
  const count = dice.between(0, Math.ceil(plan.steps.length / 8));
  for (let done = 0; done < count; done++) {
    const order = orderOf(dice, hubs.length);
    const at = dice.between(0, steps.length);
    steps.splice(at, 0, timed(dice, order));
    // What stays paused hides what else could happen.
    if (order.do === 'pause')
      steps.splice(at + dice.between(1, 8), 0, timed(dice, { ...order, do: 'resume' }));
  }
  return { ...plan, hubs, steps };
}

/** Some groups of a seed take a part of the addresses only, some want to be the same on all their firewalls. */
function detailOf(dice: Dice): (group: GroupSpec) => GroupSpec {
  const [narrow, equal] = [dice.next() * 0.4, dice.next() * 0.6].map((share) =>
    ['web', 'db', 'api', 'mixed'].filter(() => dice.chance(share)),
  );
  return (group) => ({
    ...group,
    ...(narrow?.includes(group.name) ? { narrow: true } : {}),
    ...(equal?.includes(group.name) && group.publish.length > 1 ? { consistency: 'all' as const } : {}),
  });
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
  const what = dice.weighted({ pause: 4, resume: 1, quarantine: 5, lift: 3, reject: 5, 'approve own': 2 });
  if (what === 'pause' || what === 'resume') return { ...base, do: what, whole: dice.chance(0.3) };
  if (what !== 'quarantine') return { ...base, do: what };
  return { ...base, do: what, what: dice.pick(['address', 'pod', 'used address'] as const) ?? 'address' };
}

function timed(dice: Dice, order: OrderStep): Step {
  return { ...order, wait: Math.floor(dice.delay(20_000)) };
}
