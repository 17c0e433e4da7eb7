import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { type Action, noteOutcome, recordAction } from '../audit/actions.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import { holdRule } from '../../core/plan/hold-reasons.ts';
import type { Item, ItemUpdate } from '../../core/ports.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { asHeldNow, freezeAt } from '../freezes.ts';
import type { Person } from '../person.ts';
import type { Ports } from '../ports.ts';
import { type AnnouncementType, announceDone } from '../state/announcements.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import {
  approvalAttributes,
  approvalItem,
  asHeld,
  type Hold,
  ledgerKey,
  listLedger,
  objectKey,
  rejectionItem,
} from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';
import { checkDecision } from './check-decision.ts';
import { lookAgain } from './restore.ts';

/** A change that waits. */
export interface HeldChange extends Hold {
  key: string;
  group: string;
  address: string;
  cause: Cause | undefined;
  /** Generation under which the configuration asked for it. */
  askedIn?: number | undefined;
}

/** Everything that is held on a firewall, optionally of one group; what a freeze holds by now is shown as that. */
export async function listHeld(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
  only?: string,
): Promise<HeldChange[]> {
  const held: HeldChange[] = [];
  const freeze = freezeAt(active.freezes, firewall, ports.clock.now());
  for (const { group } of groupsOn(active.configuration, firewall)) {
    if (only !== undefined && group.name !== only) continue;
    for (const { key, address, row } of await listLedger(ports.tables, firewall, group.name)) {
      const { cause, askedIn } = row;
      const now = row.held && asHeldNow(row.held, freeze);
      if (now) held.push({ key, group: group.name, address, cause, askedIn, ...now });
    }
  }
  return held;
}

/** A person's decision about exactly these held changes. */
export interface Decision {
  firewall: string;
  held: readonly HeldChange[];
  by: Person;
  reason?: string | undefined;
  ticket?: string | undefined;
}

export interface Decided {
  /** Id of the approval or rejection. */
  id: string;
  /** When an approval lapses; undefined for a rejection, and where nothing was decided. */
  expiresAt: number | undefined;
  decided: HeldChange[];
  /** No longer held as they were seen, or decided by somebody else meanwhile: nothing was decided about them here. */
  changed: HeldChange[];
}

/**
 * Releases exactly these changes for as long as the configuration says; the sync applies those that are still wanted then. Throws
 * `approval/second-person`, `approval/ticket`, or `approval/not-possible` for a hold that no approval releases.
 */
export async function approveHeld(
  ports: Ports,
  active: ActiveConfiguration,
  decision: Decision,
): Promise<Decided> {
  await checkDecision(ports, active, decision);
  const firm = decision.held.find(({ reason }) => !holdRule(reason).approvable);
  if (firm) {
    const { address, reason } = firm;
    throw new ZonebridgeError(
      'approval/not-possible',
      `${address} is held because of ${reason}, which no approval releases. ${holdRule(reason).remedy}`,
    );
  }
  const id = ports.random.id();
  const expiresAt = ports.clock.now() + approvalRules(active.configuration).validMinutes * 60_000;
  const action = actionOf('approve', decision, { id, expiresAt });
  await recordAction(ports, action);
  const update = ({ reason }: HeldChange): ItemUpdate => {
    const inFreeze = reason === 'frozen';
    return {
      set: approvalItem({ id, by: decision.by.name, until: expiresAt, inFreeze }),
      remove: ['rejectedBy', 'rejectedAt', 'rejectedWhy', ...(inFreeze ? [] : ['approvedInFreeze'])],
    };
  };
  const done = await decide(ports, { decision, update, action });
  if (done.decided.length === 0) return { id, expiresAt: undefined, ...done };
  const keys = done.decided.map(({ key }) => key);
  await lookAgain(ports, active, { firewall: decision.firewall, keys, cause: 'approval' });
  await tell(ports, 'approved', { id, decision, done, more: { expiresAt } });
  return { id, expiresAt, ...done };
}

/**
 * Leaves exactly these changes undone: they stay held until they are wanted differently (see `docs/approvals.md`), or somebody approves
 * them. Nothing happens on the firewall. Throws like `approveHeld`; rejecting needs no second person, because it changes nothing.
 */
export async function rejectHeld(
  ports: Ports,
  active: ActiveConfiguration,
  decision: Decision,
): Promise<Decided> {
  await checkDecision(ports, active, decision, { secondPerson: false });
  const id = ports.random.id();
  const { by, reason } = decision;
  const action = actionOf('reject', decision, { id });
  await recordAction(ports, action);
  const at = ports.clock.now();
  const update = (): ItemUpdate => ({
    set: rejectionItem({ by: by.name, at, reason }),
    remove: approvalAttributes,
  });
  const done = await decide(ports, { decision, update, action });
  if (done.decided.length > 0) await tell(ports, 'rejected', { id, decision, done });
  return { id, expiresAt: undefined, ...done };
}

function actionOf(what: string, decision: Decision, more: Item): Action {
  const { firewall, by, ticket } = decision;
  const changes = decision.held.map(({ op, address, group, reason }) => ({ op, address, group, reason }));
  const details = { changes, ...more };
  return { what, by: by.name, firewall, reason: decision.reason, ticket, details };
}

/** Writes the decision into each hold, on condition that it still is the one that was seen and that nobody decided since. */
async function decide(
  ports: Ports,
  {
    decision,
    update,
    action,
  }: { decision: Decision; update: (hold: HeldChange) => ItemUpdate; action: Action },
): Promise<Pick<Decided, 'decided' | 'changed'>> {
  const { firewall, held } = decision;
  const changed = new Set<HeldChange>();
  await inParallel(held, 16, async (hold) => {
    try {
      await ports.tables.write({
        key: ledgerKey(firewall, hold.key),
        update: update(hold),
        if: asHeld(hold),
      });
    } catch (error) {
      if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      changed.add(hold);
    }
  });
  // Whoever counts holds looks at the group again when its revision changed.
  for (const group of new Set(held.map(({ key }) => parseMembershipKey(key).group)))
    await ports.tables.write({ key: objectKey(firewall, group), update: { add: { revision: 1 } } });
  if (changed.size > 0) {
    const addresses = [...changed].map(({ group, address }) => `${group} ${address}`);
    await noteOutcome(ports, action, { outcome: 'left out, changed meanwhile', addresses });
  }
  return { decided: held.filter((hold) => !changed.has(hold)), changed: [...changed] };
}

/** Addresses that an announcement lists. */
const toldMax = 200;

async function tell(
  ports: Ports,
  type: AnnouncementType,
  told: { id: string; decision: Decision; done: Pick<Decided, 'decided' | 'changed'>; more?: Item },
): Promise<void> {
  const { id, decision, done, more } = told;
  const { firewall, by, reason, ticket } = decision;
  const changes = done.decided.slice(0, toldMax).map(({ group, op, address }) => ({ group, op, address }));
  const detail: Item = {
    firewall,
    by: by.name,
    count: done.decided.length,
    changes,
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...more,
  };
  await announceDone(ports.tables, { id, type, at: ports.clock.now(), detail });
}
