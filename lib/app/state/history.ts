import type { Item, Key, Tables, Write } from '../../core/ports.ts';
import { type AuditRecord, auditRecord, dayOf, subjectOf } from '../audit/record.ts';
import { count, text } from './items.ts';

/** Partitions of `history`: by address over all time, by group and by firewall (or `_hub`) a day each. */
export const historyPartition = {
  address: (address: string) => `address|${address}`,
  group: (group: string, day: string) => `group|${group}|${day}`,
  subject: (subject: string, day: string) => `subject|${subject}|${day}`,
} as const;

/** Rows of one record: one in each partition where somebody would look for it. The same record gives the same rows. */
export function historyWrites(record: AuditRecord, keptDays: number): { key: Key; put: Item }[] {
  const put: Item = {
    record: JSON.stringify(record),
    expiresAt: Math.ceil(record.at / 1000) + keptDays * 86_400,
  };
  return historyKeys(record).map((key) => ({ key, put }));
}

export function historyKeys(record: AuditRecord): Key[] {
  const { address, group, at, sequence } = record;
  const day = dayOf(at);
  const sk = `${String(at).padStart(15, '0')}|${sequence}`;
  const partitions = [historyPartition.subject(subjectOf(record), day)];
  if (group !== undefined) partitions.push(historyPartition.group(group, day));
  if (address !== undefined) partitions.push(historyPartition.address(address));
  return partitions.map((pk) => ({ table: 'history', pk, sk }));
}

/** All records of a partition in the order of time, without those whose time is over but which are still there. */
export async function readHistory(tables: Tables, pk: string, now: number): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  let after: string | undefined;
  do {
    const page = await tables.query({ table: 'history', pk, ...(after === undefined ? {} : { after }) });
    for (const { item } of page.items) {
      if (count(item, 'expiresAt') * 1000 <= now) continue;
      records.push(auditRecord.parse(JSON.parse(text(item, 'record') ?? '{}')));
    }
    after = page.next;
  } while (after !== undefined);
  return records;
}

/** The last object of a subject's chain. */
export interface ChainHead {
  /** 0: there is none yet. */
  sequence: number;
  hash: string;
  day: string;
  /** Highest number of the stream that it holds. */
  newest: string;
}

export function headKey(subject: string): Key {
  return { table: 'history', pk: `chain|${subject}`, sk: 'head' };
}

export function readHead(item: Item | undefined): ChainHead | undefined {
  if (!item) return undefined;
  return {
    sequence: count(item, 'sequence'),
    hash: text(item, 'hash') ?? '',
    day: text(item, 'day') ?? '',
    newest: text(item, 'newest') ?? '',
  };
}

/** Moves the head on, on condition that nobody did since it was read. */
export function moveHead(subject: string, from: ChainHead | undefined, to: ChainHead): Write {
  return {
    key: headKey(subject),
    put: { ...to },
    if: [
      from
        ? { attribute: 'sequence', is: '=', value: from.sequence }
        : { attribute: 'sequence', is: 'absent' },
    ],
  };
}
