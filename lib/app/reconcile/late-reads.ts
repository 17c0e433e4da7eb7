import type { Item } from '../../core/ports.ts';
import type { LedgerEntry, ObjectRow } from '../state/ledger.ts';
import type { Finding } from './compare.ts';

/** Most members of a group that are doubted at a time; the others have their turn when these are settled. */
const doubtedMost = 100;

/** What was seen; of members that we wrote too lately for it to show, what we wrote. */
export function asWritten(
  observed: ReadonlySet<string>,
  rows: readonly LedgerEntry[],
  since: number,
): Set<string> {
  const believed = new Set(observed);
  for (const { key, row } of rows) {
    if (row.changedAt < since) continue;
    if (row.state === 'present') believed.add(key);
    if (row.state === 'absent') believed.delete(key);
  }
  return believed;
}

/**
 * A member that the ledger does not know may be one that we took off too lately for it to show: then it is somebody else's only when it is
 * still seen after as long as a read may be late. `doubted`: what has to be seen again, and since when it has been seen.
 */
export function withoutDoubted(
  findings: readonly Finding[],
  known: { objectRow: ObjectRow; ledger: ReadonlyMap<string, LedgerEntry>; since: number; now: number },
): { findings: Finding[]; doubted: Record<string, number> } {
  const { objectRow, ledger, since, now } = known;
  if (objectRow.removedAt < since) return { findings: [...findings], doubted: {} };
  const seen = (key: string): number => objectRow.doubted[key] ?? now;
  const isDoubted = ({ kind, key }: Finding): boolean =>
    kind === 'foreign' && !ledger.has(key) && seen(key) >= since;
  const doubted = findings.filter(isDoubted).map(({ key }) => [key, seen(key)] as const);
  return {
    findings: findings.filter((one) => !isDoubted(one)),
    doubted: Object.fromEntries(doubted.slice(0, doubtedMost)),
  };
}

/** What to write of what is doubted; nothing when that is known. */
export function doubtNews(doubted: Readonly<Record<string, number>>, { doubted: before }: ObjectRow): Item {
  const keys = Object.keys(doubted);
  const same = keys.length === Object.keys(before).length && keys.every((key) => key in before);
  return same ? {} : { doubted };
}
