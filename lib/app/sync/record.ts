import { isZonebridgeError, refusesAll } from '../../core/errors.ts';
import type { ObjectReport, Outcome } from '../../core/firewall.ts';
import type { Counters } from '../../core/plan/brakes.ts';
import type { GroupPlan, HeldReason, PlannedChange, Question } from '../../core/plan/plan.ts';
import type { Write } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import { clearDirty } from '../state/dirty.ts';
import { writeAll } from '../state/items.ts';
import {
  countersItem,
  ledgerItem,
  ledgerKey,
  type LedgerRow,
  unlessNewer,
  updateObject,
} from '../state/ledger.ts';
import { objectItem, objectNews } from './object-news.ts';
import type { GroupWork } from './questions.ts';

export interface Place {
  firewall: string;
  fence: number;
}

/** Planned work of one group. */
export interface PlannedWork {
  work: GroupWork;
  plan: GroupPlan;
}

/** Reasons that only show what would be done; nothing waits for a person. */
const merelyShown: readonly HeldReason[] = ['observe'];

/** Before the call: every planned change is `pending` under our fence, and the counters already count it (a crash must not forget it). */
export async function recordIntent(
  ports: Ports,
  place: Place,
  planned: readonly PlannedWork[],
): Promise<void> {
  const now = ports.clock.now();
  const writes: Write[] = [];
  for (const { work, plan } of planned) {
    if (plan.changes.length === 0) continue;
    for (const change of plan.changes) {
      const endpoint = work.questions.find(({ key }) => key === change.key)?.wantedBy;
      writes.push(
        putLedger(place, change.key, {
          state: 'pending',
          counted: change.op === 'add',
          changedAt: now,
          cause: change.cause,
          endpoint,
        }),
      );
    }
    writes.push(
      updateObject(
        { ...place, group: work.group.name },
        { ...objectItem(work), ...countersItem(plan.counters) },
      ),
    );
  }
  await writeAll(ports.tables, writes);
}

/** After the call: what is certain goes into the ledger and its dirty row goes away; what is not stays pending and dirty. */
export async function recordOutcome(
  ports: Ports,
  place: Place,
  done: { work: GroupWork; plan: GroupPlan; report: ObjectReport | undefined },
): Promise<void> {
  const { work, plan, report } = done;
  const now = ports.clock.now();
  const rows = new Map(work.rows.map((row) => [row.key, row]));
  const ledger: Write[] = [];
  const settledKeys: string[] = [];
  for (const { question, ledger: state } of plan.settled) {
    settledKeys.push(question.key);
    const write = settledWrite(place, work, { question, state, now });
    if (write) ledger.push(write);
  }
  let { counters } = plan;
  for (const change of plan.changes) {
    const outcome = report?.outcomes.get(change.address);
    const write =
      outcome && outcomeWrite(place, change, { outcome, now, endpoint: wantedBy(work, change.key) });
    if (!write) continue;
    ledger.push(write);
    settledKeys.push(change.key);
    if (outcome?.state === 'failed') counters = undo(counters, change);
  }
  let held = 0;
  for (const { change, reason } of plan.held) {
    settledKeys.push(change.key);
    if (merelyShown.includes(reason)) continue;
    held++;
    const entry = {
      ...heldRow(change, reason),
      changedAt: now,
      cause: change.cause,
      endpoint: work.ledger.get(change.key)?.endpoint,
    };
    ledger.push(putLedger(place, change.key, entry));
  }
  const object = objectNews(place, done, { counters, held });
  if (object) ledger.push(object);
  const dirty = settledKeys.flatMap((key) => rows.get(key) ?? []).map(clearDirty);
  await Promise.all([writeAll(ports.tables, ledger), clearAll(ports, dirty)]);
}

function wantedBy(work: GroupWork, key: string): string | undefined {
  return work.questions.find((question) => question.key === key)?.wantedBy;
}

/** A row that was marked again meanwhile stays; that is the point of the condition, not a fault. */
async function clearAll(ports: Ports, writes: Write[]): Promise<void> {
  const each = (): Promise<unknown> =>
    Promise.all(writes.map((write) => ports.tables.write(write).catch(unlessMarkedAgain)));
  if (writes.length <= 4) await each();
  else await writeAll(ports.tables, writes).catch(each);
}

function unlessMarkedAgain(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}

function putLedger(
  place: Place,
  key: string,
  row: Partial<LedgerRow> & Pick<LedgerRow, 'state' | 'changedAt' | 'counted'>,
): Write {
  return {
    key: ledgerKey(place.firewall, key),
    put: ledgerItem({ ...row, fence: place.fence }),
    if: unlessNewer(place.fence),
  };
}

function deleteLedger(place: Place, key: string): Write {
  return { key: ledgerKey(place.firewall, key), delete: true, if: unlessNewer(place.fence) };
}

function settledWrite(
  place: Place,
  work: GroupWork,
  settled: { question: Question; state: 'present' | 'absent' | 'withheld'; now: number },
): Write | undefined {
  const { question, state, now } = settled;
  const row = work.ledger.get(question.key);
  if (state === 'withheld' || !row) return undefined;
  const plain = row.held === undefined && row.failed === undefined;
  if (state === 'present') {
    if (row.state === 'present' && plain) return undefined;
    return putLedger(place, question.key, {
      state: 'present',
      counted: true,
      changedAt: now,
      cause: question.cause,
      endpoint: question.wantedBy,
    });
  }
  const stored = row.fence > 0 || row.withheldFor !== undefined;
  return stored ? deleteLedger(place, question.key) : undefined;
}

function outcomeWrite(
  place: Place,
  change: PlannedChange,
  result: { outcome: Outcome; now: number; endpoint: string | undefined },
): Write | undefined {
  const { outcome, now, endpoint } = result;
  if (outcome.state === 'done') {
    if (change.op === 'remove') return deleteLedger(place, change.key);
    return putLedger(place, change.key, {
      state: 'present',
      counted: true,
      changedAt: now,
      cause: change.cause,
      endpoint,
    });
  }
  if (outcome.state === 'unknown' || outcome.error.retry !== 'never' || refusesAll(outcome.error))
    return undefined;
  const { code, message } = outcome.error;
  const was = change.op === 'remove';
  return putLedger(place, change.key, {
    state: was ? 'present' : 'absent',
    counted: was,
    changedAt: now,
    cause: change.cause,
    endpoint,
    failed: { code, message },
  });
}

function heldRow(change: PlannedChange, reason: HeldReason): Pick<LedgerRow, 'state' | 'counted' | 'held'> {
  const there = change.op === 'remove';
  return { state: there ? 'present' : 'absent', counted: there, held: { op: change.op, reason } };
}

function undo(counters: Counters, change: PlannedChange): Counters {
  return { ...counters, size: Math.max(0, counters.size + (change.op === 'add' ? -1 : 1)) };
}
