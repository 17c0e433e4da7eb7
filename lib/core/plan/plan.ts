import { bypassesBrakes } from '../desired/silence.ts';
import type { AddressGroup, GroupTarget } from '../model/address-group.ts';
import type { BrakeContext, Cause, Counters } from './brakes.ts';
import { brake, brakesOf } from './brakes.ts';
import type { HeldReason } from './hold-reasons.ts';
import type { Ownership } from './ownership.ts';
import type { QuarantineWish } from './quarantine.ts';
import { type Rollout, type RolloutChange, waitsFor } from './rollout.ts';

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
  /** The hub has not verified the part of the cluster this comes from. */
  unverified: boolean;
  /** `pending` and `unknown` must have been read back: what the device said. */
  ledger: LedgerState;
  readBack?: boolean | undefined;
  /** The device could not be asked: what was put there may be there still. */
  unread?: boolean | undefined;
  /** It is there, and the device would forget it by itself: put it there again if it stays. */
  renew?: boolean | undefined;
  /** Whether the durable counter already counts this address as a member (a pending addition does, a pending removal does not). */
  counted: boolean;
  /** When the ledger's row was written, in milliseconds since 1970. */
  changedAt?: number | undefined;
  /** Endpoint for which a person removed the address by hand. */
  withheldFor?: string | undefined;
  approved: { add: boolean; remove: boolean };
  /** The approval was not given during a freeze: it does not break one. */
  heedsFreeze?: boolean | undefined;
  /** The change that a person rejected, as long as it is still that one. */
  rejected?: 'add' | 'remove' | undefined;
  /** A person released the intent that is under way: it took nothing of what the `apply` released. */
  released?: boolean | undefined;
  /** Where a quarantine wants the address, whatever the cluster says: out of an allow group, or in the deny group. */
  quarantine?: QuarantineWish | undefined;
  /** The generation before wants it, too; only asked while another firewall tries the active one. */
  wantedBefore?: boolean | undefined;
  /** Of a removal: the endpoint still has the address; only asked where that decides. */
  living?: boolean | undefined;
}

export interface PlannedChange extends RolloutChange {
  key: string;
  unverified: boolean;
  rejected?: boolean | undefined;
  heedsFreeze?: boolean | undefined;
}

/** A member that stays and whose time begins anew. */
export interface Renewal {
  key: string;
  address: string;
}

export interface GroupPlan {
  /** The object must be made before its first member. */
  create: boolean;
  /** The former tool's object must become ours before its first change. */
  adopt: boolean;
  changes: PlannedChange[];
  held: { change: PlannedChange; reason: HeldReason }[];
  /** Left for the next plan, when the additions of this one are there: in neither changes nor holds, so that their rows stay dirty. */
  later: readonly PlannedChange[];
  /** No change of what is in force, so nothing holds them; what a brake keeps from leaving is among them. */
  renewals: readonly Renewal[];
  /** Questions that need nothing on the firewall, with what the ledger should say afterwards. */
  settled: { question: Question; ledger: 'present' | 'absent' | 'withheld' }[];
  /** As they are when everything of this plan is written down. */
  counters: Counters;
  /** By key, what reading back taught about the counters: it counts once the row of that key is written, and not before. */
  corrections: ReadonlyMap<string, Correction>;
}

/** A pending change that did not happen gives back what it took of the allowance. */
export interface Correction {
  size: number;
  /** When what did not happen was written down: the size at the begin of a later window was wrong by as much. */
  changedAt: number | undefined;
  refund: 'add' | 'remove' | undefined;
}

export interface PlanRequest {
  group: AddressGroup;
  target: GroupTarget;
  questions: readonly Question[];
  /** Undefined when the ledger knows the object to be there and ours; `renamed` when it lies under another name or channel. */
  ownership: Ownership | 'renamed' | undefined;
  /** The object of this name was ours already: an object is adopted once, and a former tool that takes it back still runs. */
  wasOurs?: boolean | undefined;
  /** A change freeze holds, or no maintenance window is open: only dead addresses leave, `strictly` not even those. */
  frozen?: boolean | 'strictly' | undefined;
  /** Undefined when nothing keeps the changes waiting. */
  rollout?: Rollout | undefined;
  brakes: Omit<BrakeContext, 'settings' | 'maxMembers'>;
}

/**
 * Decides what one firewall should do for one group (laws 3 to 6). Pure and deterministic: changes come sorted by address.
 * Order of checks: difference, quarantine, write mode, ownership, rollout, verification, freeze, rejection, brakes.
 */
export function planGroup(asked: PlanRequest): GroupPlan {
  const request = asked.ownership === 'absent' ? withoutObject(asked) : asked;
  const corrections = correctionsOf(request);
  const counters = corrected(request.brakes.counters, [...corrections.values()]);
  const plan: GroupPlan = {
    create: false,
    adopt: false,
    changes: [],
    held: [],
    later: [],
    renewals: [],
    settled: [],
    counters,
    corrections,
  };
  const allowed: PlannedChange[] = [];
  for (const question of [...request.questions].sort(byAddress)) {
    const change = difference(question, plan, request.group);
    if (!change) continue;
    const reason =
      modeHold(change, request) ??
      objectHold(request) ??
      rolloutHold(change, request) ??
      unverifiedHold(change) ??
      freezeHold(change, request) ??
      rejectedHold(change);
    if (reason === undefined) allowed.push(change);
    else plan.held.push({ change, reason });
  }
  const braked = brake(allowed, {
    ...request.brakes,
    counters,
    settings: brakesOf(request.group, request.target),
    maxMembers: request.group.maxMembers,
  });
  plan.changes = braked.go;
  plan.held.push(...braked.held);
  plan.later = braked.later;
  plan.counters = braked.counters;
  plan.create = request.ownership === 'absent' && plan.changes.some((change) => change.op === 'add');
  plan.adopt = request.ownership === 'adoptable' && plan.changes.length > 0;
  plan.renewals = renewalsOf(request, plan.changes);
  return plan;
}

function renewalsOf(request: PlanRequest, changes: readonly PlannedChange[]): Renewal[] {
  if (request.target.mode === 'observe' || objectHold(request) !== undefined) return [];
  const leaving = new Set(changes.map(({ key }) => key));
  const due = request.questions.filter(({ renew, key }) => renew && !leaving.has(key));
  return due
    .filter(isMember)
    .sort(byAddress)
    .map(({ key, address }) => ({ key, address }));
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

/** What was read back, against what the durable counters say: a crash leaves them where the last plan wanted them. */
function correctionsOf({ questions }: PlanRequest): Map<string, Correction> {
  const corrections = new Map<string, Correction>();
  for (const question of questions) {
    const { key, changedAt } = question;
    const size = Number(isMember(question)) - Number(question.counted);
    const refund = refundOf(question);
    if (size !== 0 || refund !== undefined) corrections.set(key, { size, changedAt, refund });
  }
  return corrections;
}

/** By how much the size was wrong when a window began. */
export function correctionAtStart(corrections: readonly Correction[], windowStart: number): number {
  const before = corrections.filter(({ changedAt }) => changedAt !== undefined && changedAt < windowStart);
  return before.reduce((sum, { size }) => sum + size, 0);
}

/** An intent takes of what the `apply` released before its call: what did not happen comes back, or a second try would be held. */
function refundOf(question: Question): 'add' | 'remove' | undefined {
  const { ledger, cause, counted, readBack = false, released } = question;
  if (ledger !== 'pending' || cause !== 'configuration' || readBack === counted || released) return undefined;
  return counted ? 'add' : 'remove';
}

function corrected(counters: Counters, corrections: readonly Correction[], sign: 1 | -1 = 1): Counters {
  const allowance = { ...counters.allowance };
  let { size } = counters;
  const sizeAtStart = counters.sizeAtStart + sign * correctionAtStart(corrections, counters.windowStart);
  for (const correction of corrections) {
    size += sign * correction.size;
    if (correction.refund) allowance[correction.refund] += sign;
  }
  allowance.add = Math.max(0, allowance.add);
  allowance.remove = Math.max(0, allowance.remove);
  return { ...counters, size: Math.max(0, size), sizeAtStart: Math.max(0, sizeAtStart), allowance };
}

/**
 * The counters that go with the rows of these keys alone. A row that is not written yet is read back once more after a crash: were it
 * counted already, it would be counted twice.
 */
export function countersWith(plan: GroupPlan, written: ReadonlySet<string>): Counters {
  const others = [...plan.corrections].filter(([key]) => !written.has(key));
  return others.length === 0
    ? plan.counters
    : corrected(
        plan.counters,
        others.map(([, one]) => one),
        -1,
      );
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
  // Also under a quarantine, so that it is still withheld when that is lifted.
  if (question.wantedBy !== undefined && withheld && !present) {
    plan.settled.push({ question, ledger: 'withheld' });
    return undefined;
  }
  const wanted = isWanted(question);
  if (wanted === present) {
    plan.settled.push({ question, ledger: present ? 'present' : 'absent' });
    return undefined;
  }
  const op = wanted ? 'add' : 'remove';
  const { key, address, cause, witnessed, moved, unverified } = question;
  const expected = op === 'remove' && cause === 'silence' && bypassesBrakes(group);
  return {
    op,
    key,
    address,
    cause,
    witnessed,
    moved,
    unverified,
    approved: question.approved[op] || expected,
    // What needs no person waits for the end of a freeze all the same.
    heedsFreeze: question.heedsFreeze === true || !question.approved[op],
    rejected: question.rejected === op,
    quarantined: question.quarantine === (wanted ? 'in' : 'out'),
    unrecorded: (question.changedAt ?? 0) === 0,
    wantedBefore: question.wantedBefore,
    living: question.living,
  };
}

/** A quarantine stands above what the cluster says. */
export function isWanted({ quarantine, wantedBy }: Question): boolean {
  if (quarantine !== undefined) return quarantine === 'in';
  return wantedBy !== undefined;
}

/** Observing writes nothing at all; a person's order takes a member out of a group that otherwise only grows. */
function modeHold(change: PlannedChange, { target }: PlanRequest): HeldReason | undefined {
  if (target.mode === 'observe') return 'observe';
  if (target.mode === 'add-only' && change.op === 'remove' && !change.quarantined) return 'add-only';
  return undefined;
}

function objectHold({ ownership, target, wasOurs }: PlanRequest): HeldReason | undefined {
  if (ownership === 'foreign') return 'foreign-object';
  if (ownership === 'adoptable' && wasOurs) return 'taken-back-object';
  if (ownership === 'renamed') return 'renamed-object';
  if (ownership === 'hand-renamed') return 'hand-renamed-object';
  if (ownership === 'absent' && target.create === 'offered') return 'missing-object';
  return undefined;
}

/** A person's order waits for no other firewall. */
function rolloutHold(change: PlannedChange, { rollout }: PlanRequest): HeldReason | undefined {
  return rollout === undefined || change.quarantined ? undefined : waitsFor(change, rollout);
}

/** A dead address leaves at any time: whoever gets it next must not be let in. */
function freezeHold(change: PlannedChange, { frozen }: PlanRequest): HeldReason | undefined {
  if (!frozen || (change.approved && !change.heedsFreeze) || change.quarantined) return undefined;
  if (frozen === 'strictly') return 'frozen';
  return change.op === 'remove' && (change.witnessed || change.moved) ? undefined : 'frozen';
}

/**
 * A removal of which nobody knows yet whether it is right. Said before a freeze and a rejection: a person who releases those must not release
 * this with them.
 */
function unverifiedHold(change: PlannedChange): HeldReason | undefined {
  const { op, cause, witnessed, moved, approved, quarantined, unverified } = change;
  if (op === 'add' || cause === 'configuration' || moved || approved || quarantined) return undefined;
  return unverified && !witnessed ? 'unverified' : undefined;
}

/** What was rejected is another change once a watch saw the endpoint go, or the address belongs to somebody else. */
function rejectedHold(change: PlannedChange): HeldReason | undefined {
  const { op, rejected, approved, quarantined, witnessed, moved } = change;
  if (!rejected || approved || quarantined) return undefined;
  return op === 'remove' && (witnessed || moved) ? undefined : 'rejected';
}
