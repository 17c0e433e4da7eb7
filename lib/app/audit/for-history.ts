import type { AuditKind, AuditRecord } from './record.ts';

/** Ends of a change that was begun by an intent. */
const outcomes: readonly AuditKind[] = ['added', 'removed', 'refused'];

/**
 * The records as the index keeps them: an outcome swallows its own intent when both came together, which is the usual case. An outcome
 * alone, or an intent alone, stands for itself. Pure.
 */
export function forHistory(records: readonly AuditRecord[]): AuditRecord[] {
  const open = new Map<string, AuditRecord>();
  const kept = new Set<AuditRecord>();
  const result: AuditRecord[] = [];
  for (const record of records) {
    const place = `${record.firewall}|${record.group}|${record.realm}|${record.address}`;
    if (record.kind === 'intent') open.set(place, record);
    const intent = open.get(place);
    if (intent && outcomes.includes(record.kind) && intent.after?.fence === record.before?.fence) {
      kept.delete(intent);
      const merged = { ...record, before: intent.before, intentAt: intent.at, intent: intent.after };
      kept.add(merged);
      result.push(merged);
      open.delete(place);
    } else {
      kept.add(record);
      result.push(record);
    }
  }
  return result.filter((record) => kept.has(record));
}
