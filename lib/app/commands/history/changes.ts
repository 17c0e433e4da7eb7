import { type AuditRecord, dayOf } from '../../audit/record.ts';
import type { Ports } from '../../ports.ts';
import { historyPartition, readHistory } from '../../state/history.ts';
import { inParallel } from '../../state/items.ts';

/** What a question about the past is about. */
export type Subject =
  | { kind: 'address'; address: string }
  | { kind: 'group'; group: string }
  /** A firewall, or `_hub` for what concerns none. */
  | { kind: 'firewall'; firewall: string };

/** Milliseconds since 1970, both included. */
export interface Period {
  from: number;
  to: number;
}

const dayMs = 86_400_000;
/** Partitions read at the same time. */
const width = 8;

/** What the index knows of a subject in a period, in the order of time. Each record once, however often it was delivered. */
export async function changesOf(
  { tables, clock }: Pick<Ports, 'tables' | 'clock'>,
  subject: Subject,
  period: Period,
): Promise<AuditRecord[]> {
  const now = clock.now();
  const pages = await inParallel(partitionsOf(subject, period), width, (pk) => readHistory(tables, pk, now));
  const records = new Map(pages.flat().map((record) => [record.id, record]));
  return [...records.values()]
    .filter(({ at }) => at >= period.from && at <= period.to)
    .sort((a, b) => a.at - b.at || compareNumbers(a.sequence, b.sequence));
}

function partitionsOf(subject: Subject, { from, to }: Period): string[] {
  if (subject.kind === 'address') return [historyPartition.address(subject.address)];
  const days: string[] = [];
  for (let time = from; dayOf(time) <= dayOf(to); time += dayMs) days.push(dayOf(time));
  return days.map((day) =>
    subject.kind === 'group'
      ? historyPartition.group(subject.group, day)
      : historyPartition.subject(subject.firewall, day),
  );
}

/** Numbers as texts without leading zeros. */
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
