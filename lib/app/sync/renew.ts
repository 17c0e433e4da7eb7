import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectReport, Outcome } from '../../core/firewall.ts';
import type { Renewal } from '../../core/plan/plan.ts';
import type { Write } from '../../core/ports.ts';
import { markDirty } from '../state/dirty.ts';
import { writeAll, writeWhereTrue } from '../state/items.ts';
import { checkObject, expiryAfter, ledgerKey, unlessNewer } from '../state/ledger.ts';
import { writeFenced } from './fenced.ts';
import type { GroupWork } from './questions.ts';
import type { PlannedWork } from './record.ts';
import { reportsByObject } from './reports.ts';
import type { RunContext } from './run-context.ts';

interface Place {
  firewall: string;
  fence: number;
}

/**
 * Puts members there again that the device would forget by itself. They are in force before and after, so neither brakes nor freezes are
 * asked, and no row of theirs says anything else meanwhile. Under the fence, like every write. Returns what the firewall said, but for what
 * was not there any more, which is no trouble of the firewall.
 */
export async function renewMembers(
  run: RunContext,
  firewall: string,
  planned: readonly PlannedWork[],
): Promise<readonly ObjectReport[]> {
  const place = { firewall, fence: run.lease.fence };
  const wanted = planned.filter(({ plan }) => plan.renewals.length > 0);
  const due = wanted.length === 0 ? [] : await recordIntent(run, place, wanted);
  if (due.length === 0) return [];
  const open = await run.open(firewall);
  const changes = due.map(({ work, renewals, size }) => ({
    object: work.object,
    add: [],
    remove: [],
    renew: [...new Set(renewals.map(({ address }) => address))],
    expectedCount: size,
  }));
  const reports = await open.connection.apply(changes);
  await run.noteAnswer(open);
  const reportOf = reportsByObject(reports);
  for (const one of due) await recordOutcome(run, place, { ...one, report: reportOf(one.work.object) });
  return reports.map((report) => {
    const outcomes = [...report.outcomes].filter(([, outcome]) => !isGone(outcome));
    return { ...report, outcomes: new Map(outcomes) };
  });
}

/** Renewals of one group. */
interface Due {
  work: GroupWork;
  renewals: readonly Renewal[];
  /** Members that the object has. */
  size: number;
}

/**
 * A call that takes it off and puts it there again may end between the two: what is missing after it was taken off by nobody.
 * Returns what is to be renewed: not what a comparison wrote meanwhile, which has to be looked at first.
 */
async function recordIntent(
  run: RunContext,
  place: Place,
  wanted: readonly PlannedWork[],
): Promise<readonly Due[]> {
  const { tables, clock } = run.ports;
  const update = { set: { fence: place.fence }, setIfAbsent: { removeSentAt: clock.now() } };
  const intents = wanted.map(({ work, plan }) => ({
    work,
    size: plan.counters.size,
    writes: plan.renewals.map((renewal) => {
      const key = ledgerKey(place.firewall, renewal.key);
      return { renewal, write: { key, update, if: [isThere, ...unlessNewer(place.fence)] } };
    }),
  }));
  const groups = intents.map(({ work, writes }) => {
    const group = work.group.name;
    return { group, object: checkObject({ ...place, group }), writes: writes.map(({ write }) => write) };
  });
  const refused: ReadonlySet<Write> = await writeFenced(tables, place, groups);
  return intents
    .map(({ work, size, writes }) => {
      const sent = writes.filter(({ write }) => !refused.has(write));
      return { work, size, renewals: sent.map(({ renewal }) => renewal) };
    })
    .filter(({ renewals }) => renewals.length > 0);
}

const isThere = { attribute: 'state', is: '=', value: 'present' } as const;

async function recordOutcome(
  run: RunContext,
  place: Place,
  done: Due & { report: ObjectReport | undefined },
): Promise<void> {
  const { work, renewals, report } = done;
  const { tables, telemetry } = run.ports;
  const outcomes = renewals.map((renewal) => ({
    renewal,
    outcome: report?.outcomes.get(renewal.address) ?? unreported(renewal),
  }));
  const open = outcomes.filter(({ outcome }) => outcome.state !== 'done' && !isGone(outcome));
  await writeAll(
    tables,
    open.map(({ renewal }) => lookAgain(run, place, { work, renewal })),
  );
  await writeWhereTrue(
    tables,
    outcomes.flatMap(({ renewal, outcome }) => outcomeWrite(run, place, { work, renewal, outcome })),
  );
  if (outcomes.some(({ outcome }) => isGone(outcome)))
    run.askReconcile(place.firewall, 'firewall/object-missing');
  const renewed = outcomes.filter(({ outcome }) => outcome.state === 'done').length;
  telemetry.info('renewed', {
    firewall: place.firewall,
    group: work.group.name,
    renewed,
    due: renewals.length,
  });
}

/** It was not there any more, and was not put there: the next comparison says who took it off. */
function isGone(outcome: Outcome): boolean {
  return outcome.state === 'failed' && outcome.error.code === 'firewall/object-missing';
}

function unreported({ address }: Renewal): Outcome {
  const error = new ZonebridgeError('firewall/outcome-unknown', `${address}: no outcome reported`);
  return { state: 'unknown', error };
}

/** On condition that it is still as our intent left it. */
function outcomeWrite(
  run: RunContext,
  place: Place,
  done: { work: GroupWork; renewal: Renewal; outcome: Outcome },
): Write[] {
  const { work, renewal, outcome } = done;
  const now = run.ports.clock.now();
  const key = ledgerKey(place.firewall, renewal.key);
  const ours = [isThere, { attribute: 'fence', is: '=', value: place.fence }] as const;
  const sentBefore = work.ledger.get(renewal.key)?.removeSentAt !== undefined;
  const remove = sentBefore ? [] : ['removeSentAt'];
  if (isGone(outcome)) return remove.length === 0 ? [] : [{ key, update: { remove }, if: ours }];
  if (outcome.state !== 'done')
    return [{ key, update: { set: { state: 'unknown', changedAt: now } }, if: ours }];
  const expiresAt = expiryAfter(work.object, now);
  if (expiresAt === undefined) remove.push('expiresAt');
  const set = { putAt: now, ...(expiresAt === undefined ? {} : { expiresAt }) };
  return [{ key, update: { set, remove }, if: ours }];
}

function lookAgain(run: RunContext, { firewall }: Place, at: { work: GroupWork; renewal: Renewal }): Write {
  const { key } = at.renewal;
  const { cause, witnessed, source } = at.work.rows.find((row) => row.key === key) ?? {};
  return markDirty({
    id: run.ports.random.id(),
    look: true,
    firewall,
    key,
    cause: cause ?? 'reconcile',
    time: run.ports.clock.now(),
    witnessed: witnessed ?? false,
    source,
  });
}
