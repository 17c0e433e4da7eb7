import type { PlannedChange } from '../../core/plan/plan.ts';
import type { Approval, LedgerRow, Why } from '../state/ledger.ts';
import type { Place } from './fenced.ts';
import type { GroupWork } from './questions.ts';

/** Where and under which configuration something is recorded. */
export interface RecordPlace extends Place {
  generation: number;
}

/** The endpoint that wants an address now, by membership key. */
export function wishesOf(work: GroupWork): ReadonlyMap<string, string | undefined> {
  return new Map(work.questions.map((question) => [question.key, question.wantedBy]));
}

/** For whom an address was put there: a removal that is under way names nobody in its row, but remembers who it was. */
export function putFor(row: LedgerRow | undefined): string | undefined {
  return row?.endpoint ?? row?.why?.endpoint;
}

/** What stands behind a change, for people; of a removal also who had the address. */
export function whyOf(
  place: RecordPlace,
  work: GroupWork,
  change: PlannedChange,
  wish: string | undefined,
): Why {
  const { names } = work.background;
  const row = work.ledger.get(change.key);
  const before = putFor(row);
  const endpoint = wish ?? before;
  const known = endpoint !== undefined && endpoint === before ? row?.why?.name : undefined;
  return {
    endpoint: wish === undefined ? endpoint : undefined,
    name: names.get(endpoint ?? '') ?? known,
    generation: place.generation,
    object: work.object.name,
    moved: change.moved || undefined,
    approval: change.approved ? told(approvalOf(row)) : undefined,
  };
}

/** The generation under which the configuration asked for a change first: one that comes while it is held, or under way, does not take that over. */
export function askedInOf(
  { generation }: RecordPlace,
  { op, cause }: Pick<PlannedChange, 'op' | 'cause'>,
  row: LedgerRow | undefined,
): number | undefined {
  const under = row?.state === 'pending' ? (row.counted ? 'add' : 'remove') : row?.held?.op;
  const known = under === op && row?.cause === 'configuration';
  if (known) return row.askedIn ?? generation;
  return cause === 'configuration' ? generation : undefined;
}

/** The approval that releases a held change, or released it in an earlier run that did not come to its end. */
export function approvalOf(row: LedgerRow | undefined): Approval | undefined {
  return row?.held?.approved ?? row?.released;
}

function told(approval: Approval | undefined): Why['approval'] {
  return approval && { id: approval.id, by: approval.by };
}
