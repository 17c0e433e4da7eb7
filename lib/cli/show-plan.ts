import { type FirewallPlan, heldCount, isEmpty, repairCount } from '../app/commands/plan.ts';
import type { PlannedGroup } from '../app/commands/plan-group.ts';
import type { CallEstimate } from '../core/plan/call-estimate.ts';
import type { Cli } from './cli.ts';
import { plural } from './time.ts';
import type { Cell } from './table.ts';

/** Addresses of one kind shown per group; all of them with --json. */
const shownMax = 20;

/** The changes per firewall, as tables for people. */
export function showPlan(cli: Cli, plans: readonly FirewallPlan[]): void {
  const { output } = cli;
  for (const plan of plans) {
    output.line(`${output.colors.bold(plan.firewall)}: ${basisText(plan)}`);
    if (plan.groups.length > 0) {
      output.table({
        head: ['group', 'object', 'mode', 'has', 'add', 'remove', 'same', 'remarks'],
        rows: plan.groups.map(groupRow),
      });
    }
    for (const group of plan.groups) {
      showFormer(cli, group);
      showAddresses(cli, group);
    }
    for (const { group, cluster, text, remedy } of plan.advice)
      output.line(`  ! ${output.safe(`${group} in ${cluster}: ${text}; ${remedy}`)}`);
    for (const { group, object, size } of plan.frozen)
      output.line(`  ${group} leaves: ${object || 'no object'} stays as it is with ${size} members`);
    for (const note of plan.notes) output.line(`  ${note}`);
    if (plan.effort) output.line(`  ${effortText(plan.effort)}`);
    output.line();
  }
  output.line(summary(plans));
}

function effortText({ calls, callsPerMinute, minutes }: CallEstimate): string {
  const time = minutes === 0 ? 'within a minute' : `in about ${plural(minutes, 'minute')}`;
  return `takes about ${plural(calls, 'call')}, ${time} at ${callsPerMinute} a minute`;
}

function basisText({ basis, unread }: FirewallPlan): string {
  if (basis === 'device') return 'compared with the device';
  if (!unread) return 'not called';
  return `compared with the ledger alone, the device cannot be read from here (${unread.code})`;
}

function groupRow(group: PlannedGroup): Cell[] {
  const remarks = remarksOf(group);
  return [
    group.group,
    `${group.object} (${group.ownership})`,
    group.mode,
    group.size,
    group.add.length === 0 ? 0 : { text: `+${group.add.length}`, tone: 'good' },
    group.remove.length === 0 ? 0 : { text: `-${group.remove.length}`, tone: 'bad' },
    group.unchanged,
    remarks === '' ? '' : { text: remarks, tone: group.held.length > 0 ? 'warn' : 'dim' },
  ];
}

function remarksOf(group: PlannedGroup): string {
  const reasons = [...Map.groupBy(group.held, ({ reason }) => reason)];
  const parts = reasons.map(([reason, changes]) => `${changes.length} held: ${reason}`);
  const changes = group.add.length + group.remove.length > 0;
  if (group.firstFill && changes) parts.push('first fill');
  if (group.mode === 'observe' && changes) parts.push('only shown');
  if (group.waiting.length > 0) parts.push(`${group.waiting.length} wait for approval`);
  if (group.withheld.length > 0) parts.push(`${group.withheld.length} taken off by a person`);
  if (group.refused.length > 0) parts.push(`${group.refused.length} refused`);
  const { drift, repair } = group;
  if (repair.add.length + repair.remove.length > 0)
    parts.push(`${repair.add.length + repair.remove.length} to be repaired by the next comparison`);
  const missing = drift.missing.length - repair.add.length;
  if (missing > 0) parts.push(`${missing} missing on the device`);
  const foreign = drift.foreign.length - repair.remove.length;
  if (foreign > 0) parts.push(`${foreign} added by somebody else`);
  return [...parts, ...group.notes].join(', ');
}

/** What changes hands, and what that would change for the rules that use it. */
function showFormer({ output }: Cli, { group, former }: PlannedGroup): void {
  if (!former) return;
  const { same, gained, lost, others } = former;
  const show = (addresses: readonly string[], says: string): void => {
    for (const address of addresses.slice(0, shownMax))
      output.line(`  = ${group}  ${output.safe(address)} ${says}`);
    if (addresses.length > shownMax)
      output.line(`  = ${group}  and ${addresses.length - shownMax} more ${says}, see --json`);
  };
  output.line(
    `  = ${group}  the former tool's object has ${same} of the wanted addresses, lacks ${gained.length}, and has ${lost.length} others`,
  );
  show(gained, 'is new to the rules that use the object');
  show(lost, 'is matched now and is not wanted: it stays until the members of the former tool are taken out');
  show(others, 'is a member that is no single address');
}

function showAddresses({ output }: Cli, group: PlannedGroup): void {
  const held = new Set(group.held.map(({ op, address }) => `${op} ${address}`));
  const show = (op: 'add' | 'remove', sign: string): void => {
    const addresses = group[op];
    for (const address of addresses.slice(0, shownMax)) {
      const mark = held.has(`${op} ${address}`) ? '  held' : '';
      output.line(`  ${sign} ${group.group}  ${output.safe(address)}${mark}`);
    }
    if (addresses.length > shownMax)
      output.line(`  ${sign} ${group.group}  and ${addresses.length - shownMax} more, see --json`);
  };
  show('add', '+');
  show('remove', '-');
  const { repair } = group;
  const repairs = [
    ...repair.add.map((address) => `${address} is missing, the next comparison adds it again`),
    ...repair.remove.map(
      (address) => `${address} was added by somebody else, the next comparison removes it`,
    ),
  ];
  for (const text of repairs.slice(0, shownMax)) output.line(`  ~ ${group.group}  ${output.safe(text)}`);
  if (repairs.length > shownMax)
    output.line(`  ~ ${group.group}  and ${repairs.length - shownMax} more, see --json`);
  for (const { address, endpoint, reason } of group.refused.slice(0, shownMax))
    output.line(`  ! ${group.group}  ${output.safe(`${address} of ${endpoint}: ${reason}`)}`);
}

export function summary(plans: readonly FirewallPlan[]): string {
  const repairs = repairCount(plans);
  const also = repairs === 0 ? '' : ` Besides, the next comparison repairs ${repairs} by itself.`;
  return `${changesText(plans)}${also}`;
}

function changesText(plans: readonly FirewallPlan[]): string {
  if (isEmpty(plans)) return 'No changes on any firewall by this configuration.';
  const all = plans.flatMap(({ groups }) => groups);
  const of = (op: 'add' | 'remove'): number => all.reduce((sum, group) => sum + group[op].length, 0);
  const held = heldCount(plans);
  return `${of('add')} to add, ${of('remove')} to remove${held === 0 ? '' : `, of which ${held} would be held until somebody approves`}.`;
}

/** For scripts: without what only `apply` needs. */
export function plansAsJson(plans: readonly FirewallPlan[]): object[] {
  const forPeople = (group: PlannedGroup): object =>
    Object.fromEntries(Object.entries(group).filter(([name]) => name !== 'look'));
  return plans.map((plan) => ({ ...plan, groups: plan.groups.map(forPeople) }));
}
