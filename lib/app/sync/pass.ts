import { refusesAll } from '../../core/errors.ts';
import type { ObjectReport } from '../../core/firewall.ts';
import { firewallRemovalsLeft, rollWindow } from '../../core/plan/brakes.ts';
import { ownComment, ownershipOf } from '../../core/plan/ownership.ts';
import { planGroup } from '../../core/plan/plan.ts';
import { metrics } from '../metrics.ts';
import { clearDirty, type DirtyRow } from '../state/dirty.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel, writeAll } from '../state/items.ts';
import type { FirewallTotals } from '../state/writers.ts';
import { groupsOn, moduleOf, objectRef } from '../targets.ts';
import { identityOf, type OpenFirewall } from './connect.ts';
import { lacksObject } from './object-news.ts';
import { type GroupWork, readBack, readWork } from './questions.ts';
import { type PlannedWork, recordIntent, recordOutcome } from './record.ts';
import type { RunContext } from './run-context.ts';

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
  const place = { firewall, fence: run.lease.fence };
  const { works, frozen } = await readGroups(pass);
  // A group that left the configuration, or this firewall, stays as it is on the device until it is retired.
  await writeAll(ports.tables, frozen.map(clearDirty)).catch(() => undefined);
  const planned = await inParallel(works, 4, (work) => planWork(pass, work));
  await recordIntent(ports, place, planned);
  const reports = await callFirewall(pass, planned);
  for (const [index, { work, plan }] of planned.entries()) {
    await recordOutcome(ports, place, { work, plan, report: reports[index] });
    noteFigures(pass, { work, plan }, reports[index]);
  }
  throwUnsettled(reports);
  return reports.some((report) => report !== undefined) ? 1 : 0;
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
  const works = await inParallel(known, 8, ({ group, target }) => {
    const object = objectRef(module, { hub: run.ports.hub, group, target });
    return readWork(run.ports, { firewall, group, target, object }, byGroup.get(group.name) ?? []);
  });
  return { works, frozen };
}

async function planWork(pass: Pass, base: GroupWork): Promise<PlannedWork> {
  const { run, active, totals } = pass;
  const uncertain = base.questions.some(({ ledger }) => ledger === 'pending' || ledger === 'unknown');
  const work = uncertain ? await readBack(base, (await run.open(pass.firewall)).connection) : base;
  const counters = rollWindow(
    work.objectRow.counters,
    run.ports.clock.now(),
    work.group.brakes.windowMinutes,
  );
  const request = {
    group: work.group,
    target: work.target,
    questions: work.questions,
    brakes: { counters, generation: active.generation, firewallRemovalsLeft: firewallRemovalsLeft(totals) },
  };
  const plan = planGroup({ ...request, ownership: undefined });
  const asks = plan.changes.length > 0 && work.target.mode !== 'observe';
  if (!asks) return { work, plan };
  const ownership = await objectState(pass, work);
  return { work, plan: ownership === undefined ? plan : planGroup({ ...request, ownership }) };
}

/** Undefined when the ledger knows the object; otherwise what the device says about it. */
async function objectState(
  pass: Pass,
  work: GroupWork,
): Promise<'ours' | 'offered' | 'foreign' | 'absent' | 'renamed' | undefined> {
  const { objectRow, object, target } = work;
  if (objectRow.object !== '' && (objectRow.object !== object.name || objectRow.channel !== object.channel)) {
    return objectRow.counters.size > 0 ? 'renamed' : observed(pass, work);
  }
  if (
    objectRow.ownership === (target.create === 'own' ? 'ours' : 'offered') &&
    objectRow.trouble === undefined
  )
    return undefined;
  return observed(pass, work);
}

async function observed(pass: Pass, work: GroupWork): Promise<'ours' | 'offered' | 'foreign' | 'absent'> {
  const open = await pass.run.open(pass.firewall);
  const seen = await open.connection.observeObject(work.object);
  return ownershipOf(seen, {
    create: work.target.create,
    group: work.group.name,
    identity: identityOf(pass.run.ports.hub, pass.firewall, { ...open, object: work.object.name }),
  });
}

async function callFirewall(
  pass: Pass,
  planned: readonly PlannedWork[],
): Promise<(ObjectReport | undefined)[]> {
  const busy = planned.filter(({ plan }) => plan.changes.length > 0);
  if (busy.length === 0) return planned.map(() => undefined);
  const open = await pass.run.open(pass.firewall);
  const reports = await open.connection.apply(busy.map((one) => toChanges(one, open, pass.run.ports.hub)));
  const byWork = new Map(busy.map(({ work }, index) => [work, reports[index]]));
  return planned.map(({ work }) => byWork.get(work));
}

function toChanges({ work, plan }: PlannedWork, open: OpenFirewall, hub: string) {
  const of = (op: 'add' | 'remove'): string[] =>
    plan.changes.filter((change) => change.op === op).map(({ address }) => address);
  return {
    object: work.object,
    ...(plan.create
      ? {
          createWith: {
            comment: ownComment(identityOf(hub, open.id, { ...open, object: work.object.name })),
          },
        }
      : {}),
    add: of('add'),
    remove: of('remove'),
    expectedCount: plan.counters.size,
  };
}

function noteFigures(pass: Pass, { work, plan }: PlannedWork, report: ObjectReport | undefined): void {
  const { telemetry, clock } = pass.run.ports;
  const dimensions = { firewall: pass.firewall };
  pass.totals.size += plan.counters.size - work.objectRow.counters.size;
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
      message: report.suspicion.message,
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
