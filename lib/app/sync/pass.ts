import { isZonebridgeError, refusesAll, ZonebridgeError } from '../../core/errors.ts';
import type { ObjectRef, ObjectReport, Outcome } from '../../core/firewall.ts';
import {
  brakesOf,
  ceilingOf,
  type Counters,
  firewallRemovalsLeft,
  isRecovered,
  rollWindow,
} from '../../core/plan/brakes.ts';
import { fitBudget } from '../../core/plan/fit-budget.ts';
import { type Ownership, ownComment } from '../../core/plan/ownership.ts';
import {
  type Correction,
  correctionAtStart,
  type PlannedChange,
  planGroup,
  type PlanRequest,
} from '../../core/plan/plan.ts';
import { metrics } from '../metrics.ts';
import { clearDirty, type DirtyRow } from '../state/dirty.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel, writeAll } from '../state/items.ts';
import { wasOurs } from '../state/ledger.ts';
import { wholeObject } from '../state/retirements.ts';
import type { FirewallTotals } from '../state/firewall-records.ts';
import { frozenNow } from '../freezes.ts';
import { identityOf, groupsOn, moduleOf, objectRef } from '../targets.ts';
import type { OpenFirewall } from './connect.ts';
import { lateSince, madeLately } from './late-reads.ts';
import { lacksObject } from './object-news.ts';
import { type GroupWork, readBack, readWork, withoutReading } from './questions.ts';
import { type PlannedWork, recordIntent, recordOutcome } from './record.ts';
import { renewMembers } from './renew.ts';
import { reportsByObject } from './reports.ts';
import { retireGroup } from './retire.ts';
import { inForce, readRollout } from './rollout.ts';
import type { RunContext } from './run-context.ts';
import { whoseObject } from './whose-object.ts';

/** Rows of one firewall, drained together. */
export interface Pass {
  run: RunContext;
  active: ActiveConfiguration;
  firewall: string;
  rows: DirtyRow[];
  totals: FirewallTotals;
}

/** Takes dirty rows of one firewall through plan, intent, call and outcome. Returns how many writes went to the device. */
export async function runPass(pass: Pass): Promise<number> {
  const { run, firewall } = pass;
  const { ports } = run;
  const place = { firewall, fence: run.lease.fence, generation: pass.active.generation };
  const { works, frozen } = await readGroups(pass);
  await leaveFrozen(pass, frozen);
  const planned = withinBudget(pass, planAll(pass, await inParallel(works, 4, (work) => lookAt(pass, work))));
  const intendedAt = await recordIntent(ports, place, planned);
  const reports = await callFirewall(pass, planned);
  for (const [index, { work, plan }] of planned.entries()) {
    const { counters, corrections } = await recordOutcome(ports, place, {
      work,
      plan,
      report: reports[index],
      intendedAt,
    });
    takeOver(pass.totals, { work, counters, corrections, changes: plan.changes });
    noteFigures(pass, { work, plan }, reports[index]);
  }
  throwUnsettled(reports);
  const renewed = await renewMembers(run, firewall, planned);
  throwUnsettled(renewed);
  return renewed.length > 0 || reports.some((report) => report !== undefined) ? 1 : 0;
}

/** A group that left the configuration, or this firewall, stays as it is on the device until a person has it retired. */
async function leaveFrozen(pass: Pass, frozen: readonly DirtyRow[]): Promise<void> {
  const { run, active, firewall } = pass;
  const reachable = active.configuration.firewalls[firewall] !== undefined;
  const asked = frozen.filter(({ address }) => reachable && address === wholeObject);
  const others = frozen.filter((row) => !asked.includes(row));
  await writeAll(run.ports.tables, others.map(clearDirty)).catch(() => undefined);
  for (const row of asked) await retireGroup(pass, row);
}

async function readGroups(pass: Pass): Promise<{ works: GroupWork[]; frozen: DirtyRow[] }> {
  const { run, active, firewall } = pass;
  const { configuration } = active;
  const settings = configuration.firewalls[firewall];
  const byGroup = Map.groupBy(pass.rows, (row) => row.group);
  const places = settings ? groupsOn(configuration, firewall) : [];
  const known = places.filter(({ group }) => byGroup.has(group.name));
  const frozen = pass.rows.filter((row) => !known.some(({ group }) => group.name === row.group));
  if (!settings) return { works: [], frozen };
  const module = moduleOf(run.ports.firewalls, settings);
  const works = await inParallel(known, 8, async (place) => {
    const { group, target } = inForce(active, firewall, place);
    const object = objectRef(module, { hub: run.ports.hub, group, target, settings });
    const known = {
      place: {
        firewall,
        group,
        target,
        object,
        realms: settings.realms,
        clusters: [...active.clusters.values()].map(({ id }) => id),
      },
      quarantines: active.quarantines,
    };
    const work = await readWork(run.ports, known, byGroup.get(group.name) ?? []);
    return { ...work, ...(await readRollout(run.ports, active, { firewall, ...work })) };
  });
  return { works, frozen };
}

/** What was read for one group, and what the device says about its object where that has to be asked. */
interface Looked {
  work: GroupWork;
  ownership: Ownership | 'renamed' | undefined;
}

/** Reads back what is uncertain and, where something would change, whose the object is. */
async function lookAt(pass: Pass, base: GroupWork): Promise<Looked> {
  const { run } = pass;
  if (base.questions.some(({ ledger }) => ledger === 'pending' || ledger === 'unknown')) {
    const found = await objectState(pass, base);
    const { ownership } = found;
    if (isAway(base, ownership)) return unread(found);
    // What a former tool's object holds says nothing about our members.
    const ours = ownership === undefined || ownership === 'ours' || ownership === 'offered';
    const elsewhere = ownership === 'renamed';
    const there = ours || elsewhere ? (await run.open(pass.firewall)).connection : undefined;
    const work = await readBack(base, there);
    const shown = work.questions.some((question) => question.readBack);
    if (ownership !== undefined || shown || isNew(pass, work, await run.open(pass.firewall)))
      return { work, ownership };
    // None of them is there: perhaps the object is not, either.
    const now = await observed(pass, work);
    return isAway(base, now.ownership) ? unread(now) : now;
  }
  const left = removalsLeftOf(pass, pass.totals);
  const plan = planGroup(planRequest(pass, { work: base, ownership: undefined }, left));
  const { changes, held, renewals } = plan;
  const asks = changes.length + held.length + renewals.length > 0 && base.target.mode !== 'observe';
  return asks ? await objectState(pass, base) : { work: base, ownership: undefined };
}

/** We made its object so lately that a read may not show it yet. */
function isNew({ run }: Pass, { objectRow }: GroupWork, { module }: OpenFirewall): boolean {
  return madeLately(objectRow, lateSince(module.facts.readsLagMs, run.ports.clock.now()));
}

/** The object may be what we filled, and is not ours to read: it has another name, or another owner. */
function isAway({ objectRow, object }: GroupWork, ownership: Looked['ownership']): boolean {
  if (ownership === 'adoptable') return wasOurs(objectRow, object);
  return ownership === 'hand-renamed' || ownership === 'foreign';
}

function unread({ work, ownership }: Looked): Looked {
  return { work: withoutReading(work), ownership };
}

/** What a group has now, into the sums of its firewall; what never came, or never left, was not so when the window began either. */
function takeOver(
  totals: FirewallTotals,
  known: {
    work: GroupWork;
    counters: Counters;
    corrections: readonly Correction[];
    changes: readonly PlannedChange[];
  },
): void {
  totals.size += known.counters.size - known.work.objectRow.counters.size;
  totals.sizeAtStart += correctionAtStart(known.corrections, totals.windowStart);
  totals.sizeAtStart += known.changes.filter(isRecovered).length;
}

function removalsLeftOf({ active, firewall }: Pass, totals: FirewallTotals): number {
  return firewallRemovalsLeft(totals, active.configuration.firewalls[firewall]?.brakes);
}

function planRequest(pass: Pass, { work, ownership }: Looked, removalsLeft: number): PlanRequest {
  const now = pass.run.ports.clock.now();
  const counters = rollWindow(work.objectRow.counters, now, brakesOf(work.group, work.target).windowMinutes);
  return {
    group: work.group,
    target: work.target,
    questions: work.questions,
    rollout: work.rollout,
    ownership,
    wasOurs: wasOurs(work.objectRow, work.object),
    frozen: frozenNow(pass.active.freezes, pass.firewall, now),
    brakes: {
      counters,
      generation: pass.active.generation,
      releasedSince: pass.active.releasedSince,
      firewallRemovalsLeft: removalsLeft,
      ceiling: ceilingOf(work.target, now),
    },
  };
}

/** One group after the other: what one takes of the firewall's removals is gone for the next. */
function planAll(pass: Pass, looked: readonly Looked[]): PlannedWork[] {
  const totals = { ...pass.totals };
  return looked.map((one) => {
    const plan = planGroup(planRequest(pass, one, removalsLeftOf(pass, totals)));
    const corrections = [...plan.corrections.values()];
    takeOver(totals, { work: one.work, counters: plan.counters, corrections, changes: plan.changes });
    return { work: one.work, plan };
  });
}

/** Leaves out what the calls that are left cannot carry; its rows stay dirty until they can. */
function withinBudget({ run, active, firewall }: Pass, planned: PlannedWork[]): PlannedWork[] {
  const settings = active.configuration.firewalls[firewall];
  if (!settings) return planned;
  const { channels } = moduleOf(run.ports.firewalls, settings).facts;
  const free = { apply: 0, object: 0, add: 0, remove: 0 };
  const priced = planned.map(({ work, plan }) => ({
    plan,
    calls: channels[work.target.channel]?.calls ?? free,
  }));
  // One call is kept to ask who it is.
  const left = run.budgetOf(firewall).left(run.ports.clock.now()) - 1;
  const { plans, deferred } = fitBudget(priced, left);
  if (deferred > 0) run.waitForBudget(firewall);
  return planned.map(({ work, plan }, index) => ({ work, plan: plans[index] ?? plan }));
}

/** Ownership is undefined when the ledger knows the object; otherwise what the device says about it. */
async function objectState(pass: Pass, work: GroupWork): Promise<Looked> {
  const { objectRow, object, target } = work;
  if (objectRow.object !== '' && (objectRow.object !== object.name || objectRow.channel !== object.channel)) {
    return objectRow.counters.size > 0 ? { work, ownership: 'renamed' } : observed(pass, work);
  }
  if (
    objectRow.ownership === (target.create === 'own' ? 'ours' : 'offered') &&
    objectRow.trouble === undefined
  )
    return { work, ownership: undefined };
  return observed(pass, work);
}

async function observed(pass: Pass, work: GroupWork): Promise<Looked> {
  const open = await pass.run.open(pass.firewall);
  const { ownership, renamedTo } = await whoseObject(pass.run.ports.hub, open, work.object);
  return { work: { ...work, renamedTo }, ownership };
}

async function callFirewall(
  pass: Pass,
  planned: readonly PlannedWork[],
): Promise<(ObjectReport | undefined)[]> {
  const busy = planned.filter(({ plan }) => plan.changes.length > 0);
  if (busy.length === 0) return planned.map(() => undefined);
  const open = await pass.run.open(pass.firewall);
  const reports = await open.connection.apply(busy.map((one) => toChanges(one, open, pass.run.ports.hub)));
  await pass.run.noteAnswer(open);
  const reportOf = reportsByObject(reports);
  const late = new Set(busy.filter(({ work }) => isNew(pass, work, open)));
  const byWork = new Map(
    busy.map((one) => [one.work, complete(one, reportOf(one.work.object), late.has(one))]),
  );
  return planned.map(({ work }) => byWork.get(work));
}

/**
 * A change that the report does not mention has an unknown outcome. Of an object that we made so lately that a read may not show it, nobody
 * can say that it is missing: that is tried again.
 */
function complete(
  { work, plan }: PlannedWork,
  report: ObjectReport | undefined,
  isNewObject: boolean,
): ObjectReport {
  const outcomes = new Map<string, Outcome>(report?.outcomes);
  for (const [address, outcome] of isNewObject ? outcomes : [])
    if (outcome.state === 'failed' && isZonebridgeError(outcome.error, 'firewall/object-missing'))
      outcomes.set(address, { state: 'failed', error: notShown(work.object, outcome.error) });
  for (const { address } of plan.changes) {
    if (outcomes.has(address)) continue;
    const error = new ZonebridgeError('firewall/outcome-unknown', `${address}: no outcome reported`);
    outcomes.set(address, { state: 'unknown', error });
  }
  return { ...(report ?? { object: work.object }), outcomes };
}

function notShown({ name }: ObjectRef, cause: ZonebridgeError): ZonebridgeError {
  return new ZonebridgeError('firewall/busy', `${name} was made a moment ago and is not shown yet`, {
    cause,
  });
}

function toChanges({ work, plan }: PlannedWork, open: OpenFirewall, hub: string) {
  const of = (op: 'add' | 'remove'): string[] =>
    plan.changes.filter((change) => change.op === op).map(({ address }) => address);
  const comment = ownComment(identityOf(hub, open.id, { ...open, object: work.object.name }));
  return {
    object: work.object,
    ...(plan.create ? { createWith: { comment } } : {}),
    ...(plan.adopt ? { adoptWith: { comment } } : {}),
    add: of('add'),
    remove: of('remove'),
    expectedCount: plan.counters.size,
  };
}

function noteFigures(pass: Pass, { work, plan }: PlannedWork, report: ObjectReport | undefined): void {
  const { telemetry, clock } = pass.run.ports;
  const dimensions = { firewall: pass.firewall };
  if (plan.held.length > 0) {
    const reasons = [...new Set(plan.held.map(({ reason }) => reason))];
    telemetry.warn('changes held', {
      ...dimensions,
      group: work.group.name,
      held: plan.held.length,
      reasons,
    });
  }
  if (!report) return;
  const oldest = Math.min(...work.rows.map((row) => row.time));
  telemetry.metric(metrics.propagation.name, clock.now() - oldest, dimensions);
  telemetry.info('applied', {
    ...dimensions,
    group: work.group.name,
    changes: plan.changes.length,
    count: report.countAfter,
  });
  if (lacksObject(report)) pass.run.askReconcile(pass.firewall, 'firewall/object-missing');
  if (report.suspicion) {
    telemetry.warn('count differs', {
      ...dimensions,
      group: work.group.name,
      code: report.suspicion.code,
      problem: report.suspicion.message,
    });
    pass.run.askReconcile(pass.firewall, report.suspicion.code);
  }
}

/** Outcomes that are not known, or to be tried again, end the run: the wake-up comes back and reads them back. */
function throwUnsettled(reports: readonly (ObjectReport | undefined)[]): void {
  for (const report of reports) {
    for (const outcome of [
      ...(report?.outcomes.values() ?? []),
      ...(report?.created ? [report.created] : []),
    ]) {
      if (outcome.state === 'unknown') throw outcome.error;
      if (outcome.state === 'failed' && (outcome.error.retry !== 'never' || refusesAll(outcome.error)))
        throw outcome.error;
    }
  }
}
