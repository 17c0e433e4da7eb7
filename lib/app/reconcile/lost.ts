import type { Tables } from '../../core/ports.ts';
import { identityKey, readHandover, type TimeSpan } from '../state/identities.ts';
import type { LedgerEntry, LedgerRow, ObjectRow } from '../state/ledger.ts';
import { readLedgerPulse } from '../state/pulses.ts';

/** What lay in an object that is gone; nobody took it off the one that we made since. */
export function lostWithObject(rows: readonly LedgerEntry[], { madeAt }: ObjectRow): string[] {
  return rows.filter(({ row }) => putAt(row) < madeAt).map(({ key }) => key);
}

/**
 * What may have gone to a former device alone, and nobody took off: written around the handover, or before it in a group that was not
 * compared since, because the firewall did not have it then.
 */
export function lostWithDevice(
  rows: readonly LedgerEntry[],
  { deviceSince }: ObjectRow,
  handover: TimeSpan | undefined,
): string[] {
  if (!handover) return [];
  const { from, until } = handover;
  return rows
    .filter(({ row }) => putAt(row) <= until && (putAt(row) >= from || deviceSince !== from))
    .map(({ key }) => key);
}

/** The ledger was not put back to an older state since the handover was read: then nobody could say who took a member off. */
export async function ledgerStands(
  tables: Tables,
  firewall: string,
  handover: TimeSpan | undefined,
): Promise<boolean> {
  const { lost, beside } = await readLedgerPulse(tables, identityKey(firewall));
  return !lost && readHandover(beside)?.from === handover?.from;
}

function putAt({ putAt, changedAt }: LedgerRow): number {
  return putAt ?? changedAt;
}
