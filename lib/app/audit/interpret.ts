import type { Item } from '../../core/ports.ts';
import { type Hold, type LedgerRow, objectSort, readLedger } from '../state/ledger.ts';
import { pulse } from '../state/pulses.ts';
import { actionPartition, readAction } from './actions.ts';
import type { AuditKind, AuditRecord, Image, StreamChange } from './record.ts';

/** Attributes of an object row that a person wants to know about; the others are counters of every run. */
const toldOfObject = [
  'object',
  'channel',
  'ownership',
  'trouble',
  'allowGeneration',
  'allowAdd',
  'allowRemove',
  'retired',
] as const;

/** What a change of the ledger means; undefined for what is only bookkeeping. Pure, and never throws: what cannot be read is `noted`. */
export function interpret(change: StreamChange): AuditRecord | undefined {
  const { id, sequence } = change;
  const at = timeOf(change);
  if (change.pk === actionPartition) return readAction(change);
  if (change.pk === pulse) return undefined;
  const [firewall = '', group = ''] = change.pk.split('|');
  const place = { id, sequence, at, firewall, group };
  if (change.sk === objectSort) {
    const object = objectChange(change);
    return object && { ...place, kind: 'object', object };
  }
  const bar = change.sk.indexOf('|');
  const [realm, address] = [change.sk.slice(0, bar), change.sk.slice(bar + 1)];
  const before = rowOf(change.before);
  const after = rowOf(change.after);
  if (before && after && isBookkeeping(before, after)) return undefined;
  const record: AuditRecord = { ...place, realm, address, kind: kindOf(before, after) };
  if (before) record.before = imageOf(before);
  if (after) record.after = imageOf(after);
  return record;
}

/**
 * The row says when it was written, but not where only a part of it was changed, and one that is gone does not. Never before what it ended.
 */
function timeOf({ at, before, after }: StreamChange): number {
  const earlier = before?.['changedAt'];
  const written = after?.['changedAt'];
  if (typeof written === 'number' && written !== earlier) return written;
  return Math.max(at, typeof earlier === 'number' ? earlier : 0);
}

/** Nothing that a person is told changed: its time began anew, or a late call cannot come any more. */
function isBookkeeping(before: LedgerRow, after: LedgerRow): boolean {
  const told = (row: LedgerRow) => JSON.stringify({ ...imageOf(row), fence: 0 });
  return told(before) === told(after);
}

function rowOf(item: StreamChange['before']): LedgerRow | undefined {
  return item && readLedger(item as Item);
}

type Rows = { before: LedgerRow | undefined; after: LedgerRow };

/** The first that fits says what happened to a row that is still there. */
const kinds: readonly (readonly [AuditKind, (rows: Rows) => boolean])[] = [
  ['unanswered', ({ before, after }) => after.answer !== undefined && after.answer !== before?.answer],
  ['intent', ({ after }) => after.state === 'pending'],
  ['refused', ({ after }) => after.failed !== undefined],
  ['held', ({ before, after }) => after.held !== undefined && after.held.since !== before?.held?.since],
  ['approved', ({ before, after }) => isNew(after.held?.approved?.id, before?.held?.approved?.id)],
  ['rejected', ({ before, after }) => isNew(after.held?.rejected?.at, before?.held?.rejected?.at)],
  ['noted', ({ after }) => after.held !== undefined],
  [
    'taken-by-hand',
    ({ before, after }) => after.withheldFor !== undefined && after.withheldFor !== before?.withheldFor,
  ],
  ['restored', ({ before, after }) => after.withheldFor === undefined && before?.withheldFor !== undefined],
  ['differs', ({ after }) => after.state === 'unknown'],
  [
    'added',
    ({ before, after }) =>
      after.state === 'present' && wasAnswered(before, 'add') && before?.fence === after.fence,
  ],
  ['let-go', ({ before, after }) => after.state === 'present' && before?.state === 'present'],
  ['read-back', ({ after }) => after.state === 'present'],
];

function isNew(after: string | number | undefined, before: string | number | undefined): boolean {
  return after !== undefined && after !== before;
}

function kindOf(before: LedgerRow | undefined, after: LedgerRow | undefined): AuditKind {
  if (after) return kinds.find(([, fits]) => fits({ before, after }))?.[0] ?? 'noted';
  if (wasAnswered(before, 'remove')) return 'removed';
  return before?.state === 'absent' ? 'let-go' : 'read-back';
}

/** The change that was under way got its answer; without one, or by another run, it was read back. A row that is gone does not say by whom. */
function wasAnswered(before: LedgerRow | undefined, op: 'add' | 'remove'): boolean {
  return before?.state === 'pending' && before.answer === undefined && before.counted === (op === 'add');
}

/** A row as the record keeps it. */
export function imageOf(row: LedgerRow): Image {
  const { why, failed, held } = row;
  return {
    state: row.state,
    since: row.changedAt,
    fence: row.fence,
    endpoint: row.endpoint ?? why?.endpoint,
    name: why?.name,
    cause: why?.moved ? `${row.cause}, address moved` : row.cause,
    generation: why?.generation,
    approval: why?.approval,
    object: why?.object,
    op: row.state === 'pending' ? pendingOp(row) : undefined,
    held: held && heldImage(held),
    withheldFor: row.withheldFor,
    answer: failed ? `${failed.code}: ${failed.message}` : row.answer,
  };
}

/** Only what is there: most holds nobody has decided about. */
function heldImage({ op, reason, approved, rejected }: Hold): Image['held'] {
  return { op, reason, ...(approved ? { approved } : {}), ...(rejected ? { rejected } : {}) };
}

function pendingOp({ counted }: LedgerRow): 'add' | 'remove' {
  return counted ? 'add' : 'remove';
}

function objectChange({ before = {}, after = {} }: StreamChange): AuditRecord['object'] {
  const changed = toldOfObject.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return undefined;
  const pick = (item: Record<string, unknown>) =>
    Object.fromEntries(changed.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
  return { before: pick(before), after: pick(after) };
}
