import { refusesAll } from '../../core/errors.ts';
import type { ObjectReport, Outcome } from '../../core/firewall.ts';
import type { Counters } from '../../core/plan/brakes.ts';
import type { HeldReason } from '../../core/plan/hold-reasons.ts';
import {
  type Correction,
  countersWith,
  type GroupPlan,
  type PlannedChange,
  type Question,
} from '../../core/plan/plan.ts';
import { isWait } from '../../core/plan/rollout.ts';
import type { Condition, Write } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import { clearDirty } from '../state/dirty.ts';
import { writeWhereTrue } from '../state/items.ts';
import { countersItem } from '../state/counters.ts';
import {
  asRead,
  checkObject,
  expiryAfter,
  type Hold,
  isSameHold,
  ledgerItem,
  ledgerKey,
  type LedgerRow,
  unlessNewer,
  updateObject,
  type Why,
} from '../state/ledger.ts';
import { type Place, writeFenced, writeObject } from './fenced.ts';
import { objectItem, objectNews } from './object-news.ts';
import type { GroupWork } from './questions.ts';
import { approvalOf, askedInOf, putFor, type RecordPlace, whyOf, wishesOf } from './why.ts';

/** Planned work of one group. */
export interface PlannedWork {
  work: GroupWork;
  plan: GroupPlan;
}

/** Reasons that only show what would be done; nothing waits for a person. */
const merelyShown: readonly HeldReason[] = ['observe'];

/**
 * Before the call: every planned change is `pending` under our fence, and the counters already count it (a crash must not forget it).
 * In one transaction with the object row: an overtaken run is stopped here, before it calls the device. Throws `sync/lease-lost`.
 * Returns the time that the rows of the intent carry.
 */
export async function recordIntent(
  ports: Ports,
  place: RecordPlace,
  planned: readonly PlannedWork[],
): Promise<number> {
  const now = ports.clock.now();
  const busy = planned.filter(({ plan }) => plan.changes.length > 0);
  const groups = busy.map(({ work, plan }) => {
    const group = work.group.name;
    const wishes = wishesOf(work);
    const writes = plan.changes.map((change) => {
      const { key, cause } = change;
      const counted = change.op === 'add';
      const released = change.approved ? approvalOf(work.ledger.get(key)) : undefined;
      const endpoint = wishes.get(key);
      const why = whyOf(place, work, change, endpoint);
      const removeSentAt = change.op === 'remove' ? now : work.ledger.get(key)?.removeSentAt;
      const expiresAt = expiryOf(work, change, now);
      const intent = { state: 'pending', counted, changedAt: now, expiresAt, removeSentAt } as const;
      const askedIn = askedInOf(place, change, work.ledger.get(key));
      const row = { ...intent, cause, askedIn, endpoint, why, released };
      return putLedger(place, key, row, unlessNewer(place.fence));
    });
    const made = plan.create ? { madeAt: now } : {};
    const left = plan.changes.some(({ op }) => op === 'remove') ? { removedAt: now } : {};
    const set = { ...objectItem(work), ...made, ...left, ...countersItem(intended(plan)) };
    return { group, object: updateObject({ ...place, group }, set), writes };
  });
  await writeFenced(ports.tables, place, groups);
  return now;
}

/** The counters that an intent writes. */
function intended(plan: GroupPlan): Counters {
  return countersWith(plan, new Set(plan.changes.map(({ key }) => key)));
}

interface Done {
  work: GroupWork;
  plan: GroupPlan;
  report: ObjectReport | undefined;
  /** What `recordIntent` returned. */
  intendedAt: number;
}

/**
 * After the call: what is certain goes into the ledger, and only then its dirty row goes away; what is not stays pending and dirty.
 * Returns the counters as they are now, and the corrections that are in them.
 */
export async function recordOutcome(
  ports: Ports,
  place: RecordPlace,
  done: Done,
): Promise<{ counters: Counters; corrections: Correction[] }> {
  const { work, plan } = done;
  const now = ports.clock.now();
  const outcomes = outcomeWrites(place, done, now);
  const settled = new Map<string, Write | undefined>();
  for (const { question, ledger: state } of plan.settled)
    settled.set(question.key, settledWrite(place, work, { question, state, now }));
  // With the counters, which count what was refused as it was before: one of the two alone would make a brake see too many members.
  for (const [key, write] of outcomes.refusals) settled.set(key, write);
  const wishes = wishesOf(work);
  let held = 0;
  for (const { change, reason } of plan.held) {
    const shown = merelyShown.includes(reason);
    if (!shown && !isWait(reason)) held++;
    const wish = wishes.get(change.key);
    settled.set(change.key, shown ? undefined : heldWrite(place, work, { change, reason, now, wish }));
  }
  // An answer that settles nothing is noted for the audit; its address stays pending and dirty.
  await writeWhereTrue(ports.tables, outcomes.unanswered);
  const others = [...settled.values()].filter((write) => write !== undefined);
  const written = new Set(plan.changes.map(({ key }) => key));
  for (const [key, write] of settled) if (write !== undefined) written.add(key);
  const counters = outcomes.failed.reduce(undo, countersWith(plan, written));
  const before = plan.changes.length > 0 ? intended(plan) : work.objectRow.counters;
  const withheld = plan.settled.filter((one) => one.ledger === 'withheld').length;
  const missing = outcomes.failed.length + withheld;
  const object = objectNews(place, done, { at: now, counters, before, held, missing });
  const refused = await writeWhereTrue(ports.tables, [...outcomes.writes.values()]);
  for (const write of await writeOthers(ports, place, { work, plan, others, object })) refused.add(write);
  const clear = [...outcomes.writes, ...settled].flatMap(([key, write]) =>
    write !== undefined && refused.has(write) ? [] : [key],
  );
  const rows = new Map(work.rows.map((row) => [row.key, row]));
  await writeWhereTrue(ports.tables, clear.flatMap((key) => rows.get(key) ?? []).map(clearDirty));
  const corrections = [...plan.corrections].filter(([key]) => written.has(key)).map(([, one]) => one);
  return { counters, corrections };
}

/** What was settled without a call. The object row carries our fence before any dirty row goes away. */
async function writeOthers(
  ports: Ports,
  place: Place,
  known: { work: GroupWork; plan: GroupPlan; others: readonly Write[]; object: Write | undefined },
): Promise<Set<Write>> {
  const { work, plan, others, object } = known;
  const group = work.group.name;
  const carries = plan.changes.length > 0 || work.objectRow.fence === place.fence;
  if (others.length > 0) {
    const guard =
      object ?? (carries ? checkObject({ ...place, group }) : updateObject({ ...place, group }, {}));
    return writeFenced(ports.tables, place, [{ group, object: guard, writes: others }]);
  }
  if (object) await writeObject(ports.tables, object);
  else if (!carries) await writeObject(ports.tables, updateObject({ ...place, group }, {}));
  return new Set();
}

/**
 * Rows of the changes that ended, and the changes that the firewall refused for good. Each on condition that it is still this intent:
 * a write whose answer was lost is sent again, and the first one may arrive when the same run has the next change of the address there.
 */
function outcomeWrites(
  place: RecordPlace,
  { work, plan, report, intendedAt }: Done,
  now: number,
): {
  writes: Map<string, Write>;
  refusals: Map<string, Write>;
  failed: PlannedChange[];
  unanswered: Write[];
} {
  const writes = new Map<string, Write>();
  const refusals = new Map<string, Write>();
  const failed: PlannedChange[] = [];
  const unanswered: Write[] = [];
  const wishes = wishesOf(work);
  const ours = asRead({ changedAt: intendedAt }, place.fence);
  for (const change of plan.changes) {
    const outcome = report?.outcomes.get(change.address);
    if (!outcome) continue;
    const endpoint = wishes.get(change.key);
    const why = whyOf(place, work, change, endpoint);
    const { removeSentAt } = work.ledger.get(change.key) ?? {};
    const times = { changedAt: now, putAt: now, expiresAt: expiryOf(work, change, now), removeSentAt };
    const write = outcomeWrite(place, change, { outcome, times, endpoint, why, ours });
    if (!write) {
      if (outcome.state !== 'done')
        unanswered.push(answerWrite(place, change.key, { code: outcome.error.code, ours }));
      continue;
    }
    (outcome.state === 'failed' ? refusals : writes).set(change.key, write);
    if (outcome.state === 'failed') failed.push(change);
  }
  return { writes, refusals, failed, unanswered };
}

function answerWrite(
  place: Place,
  key: string,
  { code, ours }: { code: string; ours: readonly Condition[] },
): Write {
  return { key: ledgerKey(place.firewall, key), update: { set: { answer: code } }, if: ours };
}

function putLedger(
  place: Place,
  key: string,
  row: Partial<LedgerRow> & Pick<LedgerRow, 'state' | 'changedAt' | 'counted'>,
  conditions: readonly Condition[],
): Write {
  return {
    key: ledgerKey(place.firewall, key),
    put: ledgerItem({ ...row, fence: place.fence }),
    if: conditions,
  };
}

function deleteLedger(place: Place, key: string, conditions: readonly Condition[]): Write {
  return { key: ledgerKey(place.firewall, key), delete: true, if: conditions };
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
    const { key, cause, wantedBy: endpoint } = question;
    const name = endpoint === undefined ? undefined : work.background.names.get(endpoint);
    const why = { ...row.why, endpoint: undefined, name: name ?? row.why?.name };
    const times = { changedAt: now, putAt: putAtOf(row, now), removeSentAt: row.removeSentAt };
    const { expiresAt } = row;
    const present = { state: 'present', counted: true, ...times, expiresAt, cause, endpoint, why } as const;
    return putLedger(place, key, present, asRead(row, place.fence));
  }
  return row.changedAt > 0 ? deleteLedger(place, question.key, asRead(row, place.fence)) : undefined;
}

/** What was read back is there now; otherwise the device has it for as long as before. */
function putAtOf(row: LedgerRow | undefined, now: number): number {
  return row?.state === 'present' ? (row.putAt ?? now) : now;
}

function heldWrite(
  place: RecordPlace,
  work: GroupWork,
  held: { change: PlannedChange; reason: HeldReason; now: number; wish: string | undefined },
): Write {
  const { change, reason, now, wish } = held;
  const row = work.ledger.get(change.key);
  const same = row && isSameHold(row, { op: change.op, endpoint: wish, group: work.group });
  const { since = now, approved, rejected } = (same && row.held) || {};
  const { unread = false } = work.byKey.get(change.key) ?? {};
  const entry = {
    ...heldRow(change, unread, { reason, since, approved, rejected }),
    changedAt: now,
    putAt: putAtOf(row, now),
    expiresAt: row?.expiresAt,
    removeSentAt: row?.removeSentAt,
    // Why it was held first decides who may release it.
    cause: same ? row.cause : change.cause,
    askedIn: askedInOf(place, change, row),
    endpoint: change.op === 'add' ? wish : putFor(row),
    why: whyOf(place, work, change, wish),
  };
  return putLedger(place, change.key, entry, asRead(row, place.fence));
}

/** An addition begins its time; a removal that does not happen leaves it as it was. */
function expiryOf(work: GroupWork, { op, key }: PlannedChange, now: number): number | undefined {
  return op === 'add' ? expiryAfter(work.object, now) : work.ledger.get(key)?.expiresAt;
}

type Times = Pick<LedgerRow, 'changedAt' | 'putAt' | 'expiresAt' | 'removeSentAt'>;

function outcomeWrite(
  place: Place,
  change: PlannedChange,
  result: {
    outcome: Outcome;
    times: Times;
    endpoint: string | undefined;
    why: Why;
    ours: readonly Condition[];
  },
): Write | undefined {
  const { outcome, times, endpoint, why, ours } = result;
  const { key, cause } = change;
  if (outcome.state === 'done') {
    if (change.op === 'remove') return deleteLedger(place, key, ours);
    const present = { state: 'present', counted: true, ...times, cause, endpoint, why } as const;
    return putLedger(place, key, present, ours);
  }
  if (outcome.state === 'unknown' || outcome.error.retry !== 'never' || refusesAll(outcome.error))
    return undefined;
  const { code, message } = outcome.error;
  const counted = change.op === 'remove';
  const state = counted ? 'present' : 'absent';
  const failed = { code, message };
  return putLedger(place, key, { state, counted, ...times, cause, endpoint, why, failed }, ours);
}

/** What was put into an object that somebody took from us is not forgotten: it has to leave when the object is ours again. */
function heldRow(
  change: PlannedChange,
  unread: boolean,
  hold: Omit<Hold, 'op'>,
): Pick<LedgerRow, 'state' | 'counted' | 'held'> {
  const there = change.op === 'remove';
  const dead = there && (change.witnessed || change.moved) ? { dead: true } : {};
  const state = there ? 'present' : unread ? 'unknown' : 'absent';
  return { state, counted: there, held: { op: change.op, ...hold, ...dead } };
}

function undo(counters: Counters, change: PlannedChange): Counters {
  return { ...counters, size: Math.max(0, counters.size + (change.op === 'add' ? -1 : 1)) };
}
