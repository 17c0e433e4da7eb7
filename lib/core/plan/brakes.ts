import type { AddressGroup, BrakeSettings, FirewallBrakes, GroupTarget } from '../model/address-group.ts';
import type { HeldReason } from './hold-reasons.ts';

/** Defaults of design 4.4; each can be set for all groups or one. */
export const defaultBrakes: BrakeSettings = {
  shrink: { minimum: 10, share: 0.3 },
  growth: { minimum: 10, share: 0.3 },
  windowMinutes: 10,
};

/** More than this share of everything we keep on a firewall does not go in one window without a person, unless configured. */
export const defaultFirewallBrakes: FirewallBrakes = {
  shrink: { minimum: 10, share: 0.2 },
  windowMinutes: 10,
};

/** Net removals that a firewall as a whole still allows in its window. */
export function firewallRemovalsLeft(
  totals: { size: number; sizeAtStart: number },
  { shrink }: FirewallBrakes = defaultFirewallBrakes,
): number {
  return limit(shrink, totals.sizeAtStart) - (totals.sizeAtStart - totals.size);
}

/** Limits of a group on one firewall: the target's own, otherwise the group's. */
export function brakesOf(group: AddressGroup, target: GroupTarget): BrakeSettings {
  return target.brakes ?? group.brakes;
}

/** Durable counters of one group on one firewall. */
export interface Counters {
  /** Members we believe are there. */
  size: number;
  /** Milliseconds since 1970. */
  windowStart: number;
  sizeAtStart: number;
  /** What the last `apply` released for changes that its configuration causes: additions and removals left. */
  allowance: { generation: number; add: number; remove: number };
  /** Changes sent in an hour (counted from 1970), where the channel writes configuration and has a ceiling. */
  writes?: { hour: number; count: number } | undefined;
}

export function emptyCounters(now: number): Counters {
  return { size: 0, windowStart: now, sizeAtStart: 0, allowance: { generation: 0, add: 0, remove: 0 } };
}

/** Starts a new window when the old one is over. */
export function rollWindow(counters: Counters, now: number, windowMinutes: number): Counters {
  if (now - counters.windowStart < windowMinutes * 60_000) return counters;
  return { ...counters, windowStart: now, sizeAtStart: counters.size };
}

/** Why something was changed in the cluster or the configuration; decides which brake looks at it. */
export const causes = [
  'watch',
  'relist',
  'namespace',
  'node',
  'start',
  'configuration',
  'reconcile',
  'approval',
  'silence',
] as const;
export type Cause = (typeof causes)[number];

/** One intended change as the brakes see it. */
export interface BrakedChange {
  op: 'add' | 'remove';
  address: string;
  cause: Cause;
  /** A removal that a watch saw by uid; may empty a group. */
  witnessed: boolean;
  /** The address belongs to another endpoint now: leaving is never held. */
  moved: boolean;
  approved: boolean;
  /** A person ordered it by a quarantine: no brake holds it. */
  quarantined?: boolean | undefined;
  /** The ledger has no row of it. */
  unrecorded?: boolean | undefined;
}

export interface Braked<C> {
  go: C[];
  held: { change: C; reason: HeldReason }[];
  /** Inferred removals that may go once the additions of this time are there: a device that refuses them would be left with nothing. */
  later: C[];
  counters: Counters;
}

/** The operator's ceiling for a channel that writes configuration. */
export function ceilingOf({ acceptConfigChurn }: GroupTarget, now: number): BrakeContext['ceiling'] {
  return acceptConfigChurn && { ...acceptConfigChurn, hour: Math.floor(now / 3_600_000) };
}

/** Largest change of size that flows without a person. */
function limit(rule: { minimum: number; share: number }, sizeAtStart: number): number {
  return Math.max(rule.minimum, Math.floor(rule.share * sizeAtStart));
}

export interface BrakeContext {
  settings: BrakeSettings;
  counters: Counters;
  maxMembers: number;
  generation: number;
  /** What was released for this generation and later ones counts; only for `generation` when left out. */
  releasedSince?: number | undefined;
  /** How many more removals the firewall as a whole allows in its window. */
  firewallRemovalsLeft: number;
  /** Most changes an hour, and the hour it is; only for channels that write configuration. Removals are counted and never held by it. */
  ceiling?: { writesPerHour: number; hour: number } | undefined;
}

/**
 * Splits changes into those that go and those that wait for a person; `counters` are those after the ones that go.
 * Additions are judged first, so that a rolling update (as many in as out) is no loss.
 */
export function brake<C extends BrakedChange>(changes: readonly C[], context: BrakeContext): Braked<C> {
  const state = { ...context.counters, allowance: { ...context.counters.allowance } };
  if (context.ceiling) state.writes = { hour: context.ceiling.hour, count: writesSoFar(state, context) };
  const go: C[] = [];
  const held: { change: C; reason: HeldReason }[] = [];
  const later: C[] = [];
  const judge = (change: C, reason: HeldReason | undefined): void => {
    if (reason !== undefined) {
      held.push({ change, reason });
      return;
    }
    go.push(change);
    state.size += change.op === 'add' ? 1 : -1;
    if (isRecovered(change)) state.sizeAtStart += 1;
    if (state.writes && context.ceiling) state.writes.count += 1;
    if (change.cause === 'configuration' && !change.approved) {
      state.allowance[change.op] = Math.max(0, state.allowance[change.op] - 1);
    }
  };
  for (const change of changes) if (change.op === 'add') judge(change, holdAddition(change, state, context));
  // Net, for the firewall as for the group: as many in as out is no loss.
  const added = go.length;
  let firewallLeft = context.firewallRemovalsLeft + added - go.filter(isRecovered).length;
  const removals = changes.filter((change) => change.op === 'remove');
  // What is never held goes first, so that it is counted before the rest is judged.
  const free = removals.filter(isFree);
  for (const change of free) judge(change, undefined);
  firewallLeft -= free.length;
  // What was only inferred comes last: whether it empties the group is seen when everything else has left.
  const braked = removals.filter((change) => !isFree(change));
  const inferred = braked.filter(isInferred);
  for (const change of [...braked.filter((one) => !isInferred(one)), ...inferred]) {
    const reason = holdRemoval(change, state, { ...context, firewallRemovalsLeft: firewallLeft });
    if (reason === undefined && isInferred(change) && state.size - added <= 1) {
      later.push(change);
      continue;
    }
    if (reason === undefined) firewallLeft -= 1;
    judge(change, reason);
  }
  // What leaves makes room: the rolling update of a full group must not lock its new members out.
  const [full, others] = [held.filter(isFull), held.filter((entry) => !isFull(entry))];
  held.splice(0, held.length, ...others);
  for (const { change } of full) judge(change, holdAddition(change, state, context));
  return { go, held, later, counters: state };
}

/**
 * What a comparison has put back of which the ledger knew nothing: a ledger that was lost. The group had it when the window began; else it would
 * count as one that began empty, and may lose everything.
 */
export function isRecovered({ op, cause, unrecorded }: BrakedChange): boolean {
  return op === 'add' && cause === 'reconcile' && unrecorded === true;
}

/** A removal that no brake holds. */
function isFree({ moved, approved, quarantined }: BrakedChange): boolean {
  return moved || approved || quarantined === true;
}

/** Nobody saw it happen, nobody ordered it. */
function isInferred({ witnessed, cause }: BrakedChange): boolean {
  return !witnessed && cause !== 'configuration';
}

function writesSoFar({ writes }: Counters, { ceiling }: Pick<BrakeContext, 'ceiling'>): number {
  return writes && ceiling && writes.hour === ceiling.hour ? writes.count : 0;
}

function isFull({ reason }: { reason: HeldReason }): boolean {
  return reason === 'max-members';
}

function holdAddition(change: BrakedChange, state: Counters, context: BrakeContext): HeldReason | undefined {
  if (change.quarantined === true) return undefined;
  if (state.size + 1 > context.maxMembers) return 'max-members';
  const { ceiling } = context;
  if (ceiling && writesSoFar(state, context) >= ceiling.writesPerHour) return 'write-ceiling';
  if (change.approved) return undefined;
  if (change.cause === 'configuration') {
    const { allowance } = state;
    return isReleased(allowance, context) && allowance.add > 0 ? undefined : 'configuration-growth';
  }
  if (change.cause !== 'namespace') return undefined;
  const growth = state.size + 1 - state.sizeAtStart;
  return growth > limit(context.settings.growth, state.sizeAtStart) ? 'growth' : undefined;
}

function holdRemoval(change: BrakedChange, state: Counters, context: BrakeContext): HeldReason | undefined {
  if (change.cause === 'configuration') {
    const { allowance } = state;
    return isReleased(allowance, context) && allowance.remove > 0 ? undefined : 'configuration-shrink';
  }
  if (!change.witnessed && state.size - 1 <= 0) return 'empties';
  const loss = state.sizeAtStart - (state.size - 1);
  if (loss > limit(context.settings.shrink, state.sizeAtStart)) return 'shrink';
  return context.firewallRemovalsLeft <= 0 ? 'firewall-shrink' : undefined;
}

/** Released for the generation by which we work, or for one before it that it left as it was. */
export function isReleased(
  { generation }: { generation: number },
  by: { generation: number; releasedSince?: number | undefined },
): boolean {
  return generation >= (by.releasedSince ?? by.generation) && generation <= by.generation;
}

/** What a configuration would do to one group on one firewall. */
export interface PlannedCounts {
  add: number;
  remove: number;
  /** Members now. */
  size: number;
  firstFill: boolean;
  /** Members when the window began; what left or came since counts. As many as now when left out. */
  sizeAtStart?: number | undefined;
  /** How many of the additions find room: one that waits makes up for no removal. All when left out. */
  fits?: number | undefined;
}

/** What an `apply` may release by itself for a group: all of it when within the brakes, otherwise nothing until a person approves. */
export function applyAllowance(
  planned: PlannedCounts,
  settings: BrakeSettings,
): { add: number; remove: number; holds: HeldReason[] } {
  const { add, remove, size, firstFill, sizeAtStart = size, fits = add } = planned;
  const holds: HeldReason[] = [];
  const left = size + Math.min(fits, add) - remove;
  // Against now and against the begin of the window: else a loss passes in parts, one apply after the other.
  const begins = [size, sizeAtStart];
  if (size > 0 && left <= 0) holds.push('empties');
  else if (begins.some((begin) => begin - left > limit(settings.shrink, begin)))
    holds.push('configuration-shrink');
  const after = size + add - remove;
  if (!firstFill && begins.some((begin) => after - begin > limit(settings.growth, begin)))
    holds.push('configuration-growth');
  return {
    add: holds.includes('configuration-growth') ? 0 : add,
    remove: holds.includes('empties') || holds.includes('configuration-shrink') ? 0 : remove,
    holds,
  };
}

/** Additions that a group has room for beside its removals: up to `maxMembers`, and to the writes that its channel still takes this hour. */
export function roomFor(
  { remove }: Pick<PlannedCounts, 'remove'>,
  context: Pick<BrakeContext, 'counters' | 'maxMembers' | 'ceiling'>,
): number {
  const { counters, maxMembers, ceiling } = context;
  const writes = ceiling ? ceiling.writesPerHour - writesSoFar(counters, context) : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(maxMembers - counters.size + remove, writes));
}
