import type { Item, Key, Tables } from '../../core/ports.ts';
import { count, text, texts } from './items.ts';

/** A fixed, expiring set of changes that a person released for one group on one firewall. */
export function approvalKey(firewall: string, group: string): Key {
  return { table: 'control', pk: `approval|${firewall}|${group}` };
}

/** One hold as an approval names it: a change that is held again later is another one. */
export function approvedHold(hold: { op: 'add' | 'remove'; key: string; since: number }): string {
  return `${hold.op} ${hold.since} ${hold.key}`;
}

/** Entries as of `approvedHold`; empty when there is none or it is over. */
export function readApproval(item: Item | undefined, now: number): ReadonlySet<string> {
  return new Set(count(item, 'expiresAt') > now ? texts(item, 'changes') : []);
}

/** What a record of a change that it let through says about it. */
export function approvalOf(item: Item | undefined): { id: string; by: string } | undefined {
  return item && { id: String(count(item, 'expiresAt')), by: text(item, 'by') ?? 'unknown' };
}

export async function storeApproval(
  tables: Tables,
  approval: { firewall: string; group: string; changes: readonly string[]; expiresAt: number; by: string },
): Promise<void> {
  const { firewall, group, changes, expiresAt, by } = approval;
  await tables.write({ key: approvalKey(firewall, group), put: { changes: [...changes], expiresAt, by } });
}
