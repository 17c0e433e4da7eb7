import { historyWrites } from '../state/history.ts';
import { appendRecords, type ArchivePorts } from './append.ts';
import { forHistory } from './for-history.ts';
import { interpret } from './interpret.ts';
import { type StreamChange, subjectOf } from './record.ts';

/**
 * Turns a batch of changes of the ledger into records: first into the archive, then into the index for questions. Doing it again adds
 * nothing, so a batch that failed half-way is simply delivered again.
 */
export async function archiveChanges(
  ports: ArchivePorts,
  changes: readonly StreamChange[],
  settings: { historyDays: number },
): Promise<{ records: number }> {
  const records = changes.map(interpret).filter((record) => record !== undefined);
  for (const [subject, own] of Map.groupBy(records, subjectOf)) await appendRecords(ports, subject, own);
  const rows = forHistory(records).flatMap((record) => historyWrites(record, settings.historyDays));
  await ports.tables.putAll(rows);
  return { records: records.length };
}
