import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { HeldReason } from '../../core/plan/plan.ts';
import { recordAction } from '../audit/actions.ts';
import type { Ports } from '../ports.ts';
import { approvedHold, storeApproval } from '../state/approvals.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { listLedger } from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';
import { lookAgain } from './restore.ts';

/** A change that waits for a person. */
export interface HeldChange {
  key: string;
  group: string;
  address: string;
  op: 'add' | 'remove';
  reason: HeldReason;
  since: number;
}

/** Everything that is held on a firewall, optionally of one group. */
export async function listHeld(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
  only?: string,
): Promise<HeldChange[]> {
  const held: HeldChange[] = [];
  for (const { group } of groupsOn(active.configuration, firewall)) {
    if (only !== undefined && group.name !== only) continue;
    for (const { key, address, row } of await listLedger(ports.tables, firewall, group.name)) {
      if (row.held) held.push({ key, group: group.name, address, ...row.held });
    }
  }
  return held;
}

/** An approval is for what was seen, and lapses. */
const validMs = 60 * 60_000;

/** Releases exactly these changes for an hour; the sync applies those that are still wanted. Returns when it lapses. */
export async function approveHeld(
  ports: Ports,
  active: ActiveConfiguration,
  approval: { firewall: string; by: string; held: readonly HeldChange[] },
): Promise<number> {
  const { firewall, by, held } = approval;
  const expiresAt = ports.clock.now() + validMs;
  const changes = held.map(({ op, address, group, reason }) => ({ op, address, group, reason }));
  await recordAction(ports, { what: 'approve', by, firewall, details: { changes, expiresAt } });
  for (const [group, changes] of Map.groupBy(held, ({ key }) => parseMembershipKey(key).group)) {
    await storeApproval(ports.tables, {
      firewall,
      group,
      changes: changes.map(approvedHold),
      expiresAt,
      by,
    });
  }
  await lookAgain(ports, active, { firewall, keys: held.map(({ key }) => key), cause: 'approval' });
  return expiresAt;
}
