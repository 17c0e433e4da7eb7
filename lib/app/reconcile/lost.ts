import type { ObjectRef } from '../../core/firewall.ts';
import { isDue, mayHaveEnded } from '../../core/plan/lifetime.ts';
import type { Tables } from '../../core/ports.ts';
import { deliveries } from '../deliveries.ts';
import { identityKey, readHandover, type TimeSpan } from '../state/identities.ts';
import type { LedgerEntry, LedgerRow, ObjectRow } from '../state/ledger.ts';
import { lookForLoss } from '../state/pulses.ts';

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

/**
 * What a removal may have taken off that was sent before its process stood still, and that the ledger has long settled otherwise; nobody
 * took it off by hand.
 */
export function lostToLateCall(rows: readonly LedgerEntry[]): string[] {
  return rows.filter(({ row }) => row.removeSentAt !== undefined).map(({ key }) => key);
}

/** What the device may have forgotten by itself. `now`: when its members had been read. */
export function lostToTime(rows: readonly LedgerEntry[], { lifetimeMs }: ObjectRef, now: number): string[] {
  return rows
    .filter(({ row }) => mayHaveEnded({ expiresAt: row.expiresAt, lifetimeMs, now }))
    .map(({ key }) => key);
}

/** What the device would forget by itself before long, or has for another time than it should. */
export function dueForRenewal(
  rows: readonly LedgerEntry[],
  { lifetimeMs }: ObjectRef,
  now: number,
): Set<string> {
  const due = rows.filter(({ row }) => isDue({ expiresAt: row.expiresAt, lifetimeMs, now }));
  return new Set(due.filter(({ row }) => row.state === 'present').map(({ key }) => key));
}

/** No process that sent it lives any more. */
export function isOverdue({ removeSentAt }: LedgerRow, now: number): boolean {
  return removeSentAt !== undefined && removeSentAt + deliveries.wake.timeout * 1000 < now;
}

/** The ledger was not put back to an older state since the handover was read: then nobody could say who took a member off. */
export async function ledgerStands(
  tables: Tables,
  firewall: string,
  handover: TimeSpan | undefined,
): Promise<boolean> {
  const { lost, beside } = await lookForLoss(tables, ['ledger'], [identityKey(firewall)]);
  return !lost && readHandover(beside[0])?.from === handover?.from;
}

function putAt({ putAt, changedAt }: LedgerRow): number {
  return putAt ?? changedAt;
}
