import type { Cause, Counters } from '../../core/plan/brakes.ts';
import { emptyCounters } from '../../core/plan/brakes.ts';
import type { ObjectRef } from '../../core/firewall.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import type { HeldReason } from '../../core/plan/hold-reasons.ts';
import type { LedgerState } from '../../core/plan/plan.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Condition, Item, Key, StoredItem, Tables, Write } from '../../core/ports.ts';
import { countersIn } from './counters.ts';
import { count, flag, text, times } from './items.ts';

/** A change that waits. `since` tells one hold from the next: an approval, or rejection, is for the hold that a person saw. */
export interface Hold {
  op: 'add' | 'remove';
  reason: HeldReason;
  since: number;
  /** A removal whose endpoint a watch saw go, or whose address belongs to another one by now. */
  dead?: boolean | undefined;
  approved?: Approval | undefined;
  rejected?: Rejection | undefined;
}

/** A person released it, until then. */
export interface Approval {
  id: string;
  by: string;
  until: number;
  /** Given while a freeze held the change: others wait for its end. */
  inFreeze?: boolean | undefined;
}

export interface Rejection {
  by: string;
  at: number;
  reason?: string | undefined;
}

/** What we have put, or may have put, on a firewall for one address of one group. */
export interface LedgerRow {
  state: LedgerState;
  /** The durable counter counts it as a member. */
  counted: boolean;
  fence: number;
  changedAt: number;
  /** When the device took it, or showed that it has it; kept by writes that only change what is noted about it. */
  putAt?: number | undefined;
  /** When the device forgets it by itself; undefined: never. */
  expiresAt?: number | undefined;
  /** When a removal was sent whose end nobody knows for sure: it may still happen, late. */
  removeSentAt?: number | undefined;
  cause: Cause | undefined;
  /** Generation under which the configuration asked for what is held or under way: whoever applied it does not release it. */
  askedIn?: number | undefined;
  /** Endpoint for which it was put there. */
  endpoint: string | undefined;
  held: Hold | undefined;
  /** The approval that released the change which is under way. */
  released?: Approval | undefined;
  /** Endpoint for which a person took it off by hand. */
  withheldFor: string | undefined;
  /** Code and text of a refusal by the firewall. */
  failed: { code: string; message: string } | undefined;
  /** What an audit record needs beyond the rest. */
  why: Why | undefined;
  /** Code of an answer that settled nothing: the outcome was read back later. */
  answer: string | undefined;
}

/** Who and what stood behind the last change of a row, for people and the audit. */
export interface Why {
  /** Endpoint it was about, also where the row names none because its removal is under way: one that is held after all gets it back. */
  endpoint?: string | undefined;
  /** `cluster/namespace/name` of the endpoint. */
  name?: string | undefined;
  /** Generation of the configuration under which it was decided. */
  generation?: number | undefined;
  /** Name of the object on the firewall. */
  object?: string | undefined;
  /** The address belongs to another endpoint now. */
  moved?: boolean | undefined;
  /** Release by a person that let it through. */
  approval?: { id: string; by: string } | undefined;
}

function ledgerPartition(firewall: string, group: string): string {
  return `${firewall}|${group}`;
}

export function ledgerKey(firewall: string, key: string): Key {
  const { group, realm, address } = parseMembershipKey(key);
  return { table: 'ledger', pk: ledgerPartition(firewall, group), sk: `${realm}|${address}` };
}

export function readLedger(item: Item | undefined): LedgerRow {
  const state = text(item, 'state');
  const code = text(item, 'failedCode');
  return {
    state: state === 'pending' || state === 'present' || state === 'unknown' ? state : 'absent',
    counted: flag(item, 'counted'),
    fence: count(item, 'fence'),
    changedAt: count(item, 'changedAt'),
    // Rows of earlier versions tell only when they were written last.
    putAt: count(item, 'putAt') || count(item, 'changedAt'),
    expiresAt: count(item, 'expiresAt') || undefined,
    removeSentAt: count(item, 'removeSentAt') || undefined,
    cause: text(item, 'cause') as Cause | undefined,
    askedIn: count(item, 'askedIn') || undefined,
    endpoint: text(item, 'endpoint'),
    held: readHold(item),
    released: readApproval(item),
    withheldFor: text(item, 'withheldFor'),
    failed: code === undefined ? undefined : { code, message: text(item, 'failedMessage') ?? '' },
    why: readWhy(item),
    answer: text(item, 'answer'),
  };
}

function readHold(item: Item | undefined): Hold | undefined {
  const op = text(item, 'heldOp');
  if (op !== 'add' && op !== 'remove') return undefined;
  const by = text(item, 'rejectedBy');
  return {
    op,
    reason: text(item, 'heldReason') as HeldReason,
    since: count(item, 'heldSince'),
    ...(flag(item, 'heldDead') ? { dead: true } : {}),
    approved: readApproval(item),
    rejected:
      by === undefined ? undefined : { by, at: count(item, 'rejectedAt'), reason: text(item, 'rejectedWhy') },
  };
}

function readApproval(item: Item | undefined): Approval | undefined {
  const id = text(item, 'approvalId');
  if (id === undefined) return undefined;
  const inFreeze = flag(item, 'approvedInFreeze') ? { inFreeze: true } : {};
  return { id, by: text(item, 'approvedBy') ?? '', until: count(item, 'approvedUntil'), ...inFreeze };
}

/** Attributes of an approval in a row. */
export const approvalAttributes = ['approvalId', 'approvedBy', 'approvedUntil', 'approvedInFreeze'] as const;

export function approvalItem({ id, by, until, inFreeze }: Approval): Item {
  const item = { approvalId: id, approvedBy: by, approvedUntil: until };
  return inFreeze ? { ...item, approvedInFreeze: true } : item;
}

export function rejectionItem({ by, at, reason }: Rejection): Item {
  return { rejectedBy: by, rejectedAt: at, ...(reason === undefined ? {} : { rejectedWhy: reason }) };
}

/**
 * Whether a change is the one that the row holds. An addition for another endpoint is another change; where many endpoints share an
 * address (nodes) they are not told apart.
 */
export function isSameHold(
  row: Pick<LedgerRow, 'held' | 'endpoint'>,
  change: { op: 'add' | 'remove'; endpoint: string | undefined; group: Pick<AddressGroup, 'addresses'> },
): boolean {
  if (row.held?.op !== change.op) return false;
  return change.op === 'remove' || change.group.addresses !== 'pod' || row.endpoint === change.endpoint;
}

/** The hold is the one that was read, and nobody decided about it since: of two decisions at the same moment the later one fails. */
export function asHeld({ op, since, approved, rejected }: Hold): readonly Condition[] {
  const same = (attribute: string, value: string | number | undefined): Condition =>
    value === undefined ? { attribute, is: 'absent' } : { attribute, is: '=', value };
  return [
    same('heldOp', op),
    same('heldSince', since),
    same('approvalId', approved?.id),
    same('rejectedBy', rejected?.by),
    same('rejectedAt', rejected?.at),
  ];
}

export function ledgerItem(
  row: Partial<LedgerRow> & Pick<LedgerRow, 'state' | 'fence' | 'changedAt' | 'counted'>,
): Item {
  const item: Item = { state: row.state, fence: row.fence, changedAt: row.changedAt, counted: row.counted };
  if (row.state === 'present' && row.putAt !== undefined) item['putAt'] = row.putAt;
  if (row.state !== 'absent' && row.expiresAt !== undefined) item['expiresAt'] = row.expiresAt;
  if (row.removeSentAt !== undefined) item['removeSentAt'] = row.removeSentAt;
  if (row.cause !== undefined) item['cause'] = row.cause;
  if (row.askedIn !== undefined) item['askedIn'] = row.askedIn;
  if (row.endpoint !== undefined) item['endpoint'] = row.endpoint;
  if (row.held) Object.assign(item, holdItem(row.held));
  if (row.released) Object.assign(item, approvalItem(row.released));
  if (row.withheldFor !== undefined) item['withheldFor'] = row.withheldFor;
  if (row.failed)
    Object.assign(item, { failedCode: row.failed.code, failedMessage: row.failed.message.slice(0, 300) });
  if (row.why) item['why'] = whyItem(row.why);
  return item;
}

function holdItem({ op, reason, since, dead, approved, rejected }: Hold): Item {
  return {
    heldOp: op,
    heldReason: reason,
    heldSince: since,
    ...(dead ? { heldDead: true } : {}),
    ...(approved ? approvalItem(approved) : {}),
    ...(rejected ? rejectionItem(rejected) : {}),
  };
}

function readWhy(item: Item | undefined): Why | undefined {
  const why = item?.['why'];
  if (why === null || typeof why !== 'object' || Array.isArray(why)) return undefined;
  const approval = why['approval'];
  const released = approval !== null && typeof approval === 'object' && !Array.isArray(approval);
  return {
    endpoint: text(why, 'endpoint'),
    name: text(why, 'name'),
    generation: count(why, 'generation') || undefined,
    object: text(why, 'object'),
    moved: flag(why, 'moved') || undefined,
    approval: released
      ? { id: text(approval, 'id') ?? '', by: text(approval, 'by') ?? 'unknown' }
      : undefined,
  };
}

/** Only what is there: a row costs by its size. */
function whyItem(why: Why): Item {
  const { approval, ...rest } = why;
  const known = Object.entries(rest).filter((entry): entry is [string, string | number | boolean] => {
    return entry[1] !== undefined;
  });
  return { ...Object.fromEntries(known), ...(approval ? { approval: { ...approval } } : {}) };
}

/** When the device forgets by itself what it is given now. */
export function expiryAfter({ lifetimeMs }: ObjectRef, now: number): number | undefined {
  return lifetimeMs === undefined ? undefined : now + lifetimeMs;
}

/** An old run must never write over a newer one. */
export function unlessNewer(fence: number): readonly Condition[] {
  return [{ attribute: 'fence', is: 'absent or <=', value: fence }];
}

/** The row is what was read: no other run and no comparison wrote it since. */
export function asRead(row: Pick<LedgerRow, 'changedAt'> | undefined, fence: number): readonly Condition[] {
  const changedAt = row?.changedAt ?? 0;
  return changedAt === 0
    ? [{ attribute: 'changedAt', is: 'absent' }]
    : [{ attribute: 'changedAt', is: '=', value: changedAt }, ...unlessNewer(fence)];
}

/** Row of a group's object on a firewall: what it is called, that it is ours, and the brakes' counters. */
export interface ObjectRow {
  object: string;
  channel: string;
  /** `ours` or `offered` once seen; undefined before, or when it has to be looked at again. */
  ownership: 'ours' | 'offered' | undefined;
  counters: Counters;
  /** Count of held changes, for status and alarms. */
  held: number;
  /** Members that the firewall refused, or refused to let go, or that a person took off: nothing waits for them, and it is not as wanted. */
  missing: number;
  /** Some rows wait for something that ends by itself; the sweep looks whether it has. */
  waiting: boolean;
  /** Code of what is wrong with the object as a whole. */
  trouble: string | undefined;
  /** What a person called the object on the device; set as long as it has no other trouble than that. */
  renamedTo: string | undefined;
  /** Fence of the last run that settled anything of the group. */
  fence: number;
  /** Most members it may have, as its layout was made for. */
  sizeHint: number | undefined;
  /** Name under which it became ours while the configuration said `adopt`: that happens once. */
  adopted: string | undefined;
  /** When we last made it anew, as it was answered once it is `ours`: what we had put into the one before went with that one. */
  madeAt: number;
  /** When the last run began that took members off. */
  removedAt: number;
  /** Members, by key, that a comparison saw and that we may have taken off too lately for it to show; since when they have been seen. */
  doubted: Readonly<Record<string, number>>;
  /** Beginning of the device that the last comparison of the group met (its handover); 0 for the first one. */
  deviceSince: number;
  /** Counts the writes of runs; a comparison corrects the counters only when none came in between. */
  revision: number;
}

export const objectSort = '#object';

export function objectKey(firewall: string, group: string): Key {
  return { table: 'ledger', pk: ledgerPartition(firewall, group), sk: objectSort };
}

export function readObject(item: Item | undefined, now: number): ObjectRow {
  const ownership = text(item, 'ownership');
  return {
    object: text(item, 'object') ?? '',
    channel: text(item, 'channel') ?? '',
    ownership: ownership === 'ours' || ownership === 'offered' ? ownership : undefined,
    counters: item ? countersIn(item) : emptyCounters(now),
    held: count(item, 'held'),
    missing: Math.max(0, count(item, 'missing')),
    waiting: flag(item, 'waiting'),
    trouble: text(item, 'trouble'),
    renamedTo: text(item, 'renamedTo'),
    fence: count(item, 'fence'),
    sizeHint: count(item, 'sizeHint') || undefined,
    adopted: text(item, 'adopted'),
    madeAt: count(item, 'madeAt'),
    removedAt: count(item, 'removedAt'),
    doubted: times(item, 'doubted'),
    deviceSince: count(item, 'deviceSince'),
    revision: count(item, 'revision'),
  };
}

/** What the group should be like at this address is given up for now: by the firewall, or by a person at it. */
export function isGivenUp({ failed, withheldFor }: Pick<LedgerRow, 'failed' | 'withheldFor'>): boolean {
  return failed !== undefined || withheldFor !== undefined;
}

/** Whether the object of this name was ours already, where the configuration says `adopt`. */
export function wasOurs({ adopted }: Pick<ObjectRow, 'adopted'>, { name }: { name: string }): boolean {
  return adopted === name;
}

/** The device counted other members than we believe, and nobody has compared them since. */
export function isMiscounted({ trouble }: Pick<ObjectRow, 'trouble'>): boolean {
  return trouble === 'firewall/count-differs';
}

/**
 * Sets attributes of the object row under the fence. Every run writes it before, or together with, the first thing it settles in a
 * group: from then on an older run that wakes up late fails on this row, also where no ledger row is left to carry the fence.
 */
export function updateObject(
  place: { firewall: string; group: string; fence: number },
  set: Item,
  remove: readonly string[] = [],
): Write {
  return {
    key: objectKey(place.firewall, place.group),
    update: { set: { ...set, fence: place.fence }, add: { revision: 1 }, remove },
    if: unlessNewer(place.fence),
  };
}

/** No newer run has settled anything of the group. */
export function checkObject(place: { firewall: string; group: string; fence: number }): Write {
  return { key: objectKey(place.firewall, place.group), check: true, if: unlessNewer(place.fence) };
}

export interface LedgerEntry {
  key: string;
  realm: string;
  address: string;
  row: LedgerRow;
}

/** Every row of a group on a firewall; for status, reconcile and commands, never for a single change. */
export async function listLedger(tables: Tables, firewall: string, group: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let after: string | undefined;
  do {
    const page = await tables.query({
      table: 'ledger',
      pk: ledgerPartition(firewall, group),
      ...(after === undefined ? {} : { after }),
    });
    for (const stored of page.items) if (stored.key.sk !== objectSort) entries.push(toEntry(group, stored));
    after = page.next;
  } while (after !== undefined);
  return entries;
}

function toEntry(group: string, stored: StoredItem): LedgerEntry {
  const [realm = '', address = ''] = (stored.key.sk ?? '').split('|');
  return { key: `${group}|${realm}|${address}`, realm, address, row: readLedger(stored.item) };
}
