import { bypassesBrakes } from '../desired/silence.ts';
import type { AddressGroup, GroupTarget } from '../model/address-group.ts';
import type { BrakeContext, BrakedChange, Cause, Counters, HoldReason } from './brakes.ts';
import { brake } from './brakes.ts';
import type { Ownership } from './ownership.ts';

/** What we know of one address on a firewall: `absent` rows exist only to hold or withhold something. */
export type LedgerState = 'pending' | 'present' | 'unknown' | 'absent';

/** One question to the plan: a dirty row with the truth and the ledger read for it. Causes of a removal never include `approval`. */
export interface Question {
  /** Membership key; the plan treats it as opaque. */
  key: string;
  address: string;
  /** Endpoint that wants the address in the group now; undefined when none does. */
  wantedBy: string | undefined;
  cause: Cause;
  witnessed: boolean;
  moved: boolean;
  unverified: boolean;
  /** `pending` and `unknown` must have been read back: what the device said. */
  ledger: LedgerState;
  readBack?: boolean | undefined;
  /** Whether the durable counter already counts this address as a member (a pending addition does, a pending removal does not). */
  counted: boolean;
  /** Endpoint for which a person removed the address by hand. */
  withheldFor?: string | undefined;
  approved: { add: boolean; remove: boolean };
}

export interface PlannedChange extends BrakedChange {
  key: string;
}

export type HeldReason =
  | HoldReason
  | 'foreign-object'
  | 'missing-object'
  | 'renamed-object'
  | 'observe'
  | 'add-only';

export interface GroupPlan {
  /** The object must be made before its first member. */
  create: boolean;
  changes: PlannedChange[];
  held: { change: PlannedChange; reason: HeldReason }[];
  /** Questions that need nothing on the firewall, with what the ledger should say afterwards. */
  settled: { question: Question; ledger: 'present' | 'absent' | 'withheld' }[];
  counters: Counters;
}

export interface PlanRequest {
  group: AddressGroup;
  target: GroupTarget;
  questions: readonly Question[];
  /** Undefined when the ledger knows the object to be there and ours; `renamed` when it lies under another name or channel. */
  ownership: Ownership | 'renamed' | undefined;
  brakes: Omit<BrakeContext, 'settings' | 'maxMembers'>;
}

/**
 * Decides what one firewall should do for one group (laws 3 to 6). Pure and deterministic: changes come sorted by address.
 * Order of checks: difference, write mode, ownership, brakes.
 */
export function planGroup(asked: PlanRequest): GroupPlan {
  const request = asked.ownership === 'absent' ? withoutObject(asked) : asked;
  const counters = recount(request);
  const plan: GroupPlan = { create: false, changes: [], held: [], settled: [], counters };
  const wanted: PlannedChange[] = [];
  for (const question of [...request.questions].sort(byAddress)) {
    const change = difference(question, plan, request.group);
    if (change) wanted.push(change);
  }
  const reason = objectHold(request);
  if (reason !== undefined) {
    plan.held = wanted.map((change) => ({ change, reason }));
    return plan;
  }
  const allowed: PlannedChange[] = [];
  for (const change of wanted) {
    if (request.target.mode === 'observe') plan.held.push({ change, reason: 'observe' });
    else if (request.target.mode === 'add-only' && change.op === 'remove')
      plan.held.push({ change, reason: 'add-only' });
    else allowed.push(change);
  }
  const braked = brake(allowed, {
    ...request.brakes,
    counters,
    settings: request.group.brakes,
    maxMembers: request.group.maxMembers,
  });
  plan.changes = braked.go;
  plan.held.push(...braked.held);
  plan.counters = braked.counters;
  plan.create = request.ownership === 'absent' && plan.changes.some((change) => change.op === 'add');
  return plan;
}

/** An object that is not there has no members, whatever the ledger says. */
function withoutObject(request: PlanRequest): PlanRequest {
  return { ...request, questions: request.questions.map((question) => ({ ...question, ledger: 'absent' })) };
}

function byAddress(a: Question, b: Question): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

/** Corrects the durable counter by what was read back: a crash leaves it where the last plan wanted it. */
function recount(request: PlanRequest): Counters {
  let { size } = request.brakes.counters;
  for (const question of request.questions) size += Number(isMember(question)) - Number(question.counted);
  return { ...request.brakes.counters, size: Math.max(0, size) };
}

/** Whether the address is on the firewall now, as far as anybody knows. */
function isMember(question: Question): boolean {
  const uncertain = question.ledger === 'pending' || question.ledger === 'unknown';
  return uncertain ? question.readBack === true : question.ledger === 'present';
}

/** What the question needs; a question that needs nothing is settled in the plan. */
function difference(question: Question, plan: GroupPlan, group: AddressGroup): PlannedChange | undefined {
  const present = isMember(question);
  const withheld = question.withheldFor !== undefined && question.withheldFor === question.wantedBy;
  if (question.wantedBy !== undefined && withheld && !present) {
    plan.settled.push({ question, ledger: 'withheld' });
    return undefined;
  }
  if ((question.wantedBy !== undefined) === present) {
    plan.settled.push({ question, ledger: present ? 'present' : 'absent' });
    return undefined;
  }
  const op = question.wantedBy === undefined ? 'remove' : 'add';
  const { key, address, cause, witnessed, moved, unverified } = question;
  const expected = op === 'remove' && cause === 'silence' && bypassesBrakes(group);
  const approved = question.approved[op] || expected;
  return { op, key, address, cause, witnessed, moved, unverified, approved };
}

function objectHold(request: PlanRequest): HeldReason | undefined {
  if (request.target.mode === 'observe') return undefined;
  if (request.ownership === 'foreign') return 'foreign-object';
  if (request.ownership === 'renamed') return 'renamed-object';
  if (request.ownership === 'absent' && request.target.create === 'offered') return 'missing-object';
  return undefined;
}
