import { editedWord } from '../../core/firewall.ts';
import type { AddressGroup, GroupTarget, WriteMode } from '../../core/model/address-group.ts';
import { foreignRealm, parseMembershipKey } from '../../core/model/address-group.ts';
import {
  applyAllowance,
  brakesOf,
  ceilingOf,
  type Counters,
  roomFor,
  rollWindow,
} from '../../core/plan/brakes.ts';
import type { Ownership } from '../../core/plan/ownership.ts';
import { type HeldReason, holdRule } from '../../core/plan/hold-reasons.ts';
import {
  type GroupPlan,
  type PlannedChange,
  isWanted,
  planGroup,
  type PlanRequest,
  type Question,
} from '../../core/plan/plan.ts';
import type { Quarantines } from '../../core/plan/quarantine.ts';
import type { Ports } from '../ports.ts';
import {
  type LedgerEntry,
  type LedgerRow,
  listLedger,
  objectKey,
  type ObjectRow,
  readObject,
  wasOurs,
} from '../state/ledger.ts';
import type { LiveObject } from './live.ts';
import type { RefusedMember, Wanted } from './plan-wanted.ts';

/** What a configuration changes in one group on one firewall. Addresses are canonical and sorted. */
export interface PlannedGroup {
  group: string;
  object: string;
  channel: string;
  mode: WriteMode;
  /** `renamed`: it lies under another name or channel; `unknown`: the device could not be read and the ledger does not know. */
  ownership: Ownership | 'renamed' | 'unknown';
  /** Members now, as the ledger counts them. */
  size: number;
  firstFill: boolean;
  add: string[];
  remove: string[];
  unchanged: number;
  /** Of `add` and `remove`: what waits for a person or for something to be mended. */
  held: { op: 'add' | 'remove'; address: string; reason: HeldReason }[];
  /** Held since earlier, for reasons that this configuration does not touch; released by `approve` alone. */
  waiting: { op: 'add' | 'remove'; address: string; reason: HeldReason }[];
  /** Wanted, but a person took it off the firewall; `restore` brings it back. */
  withheld: string[];
  refused: RefusedMember[];
  /** The device differs from the ledger; the next comparison deals with it. Empty when the device could not be read. */
  drift: { missing: string[]; foreign: string[] };
  /** Of the differences on the device: what the next comparison repairs by itself, whatever is applied. */
  repair: { add: string[]; remove: string[] };
  /** Where the object is a former tool's that will be adopted: how what it matches differs from what we want. */
  former?: FormerDifference | undefined;
  /** What `apply` releases for this generation. */
  allowance: { add: number; remove: number };
  /** Changes that the walk does not notice, because the membership itself is as it should be: `apply` asks for them. */
  look: string[];
  notes: string[];
}

/** Addresses are canonical and sorted. Nothing of it leaves by the adoption itself. */
export interface FormerDifference {
  same: number;
  /** Wanted, and not matched so far. */
  gained: string[];
  /** Matched so far, and not wanted. */
  lost: string[];
  /** Members that are no single address, in the device's words. */
  others: readonly string[];
}

export interface GroupQuery {
  firewall: string;
  realms: readonly string[];
  group: AddressGroup;
  target: GroupTarget;
  /** Name the group's object has under this configuration. */
  object: string;
  wanted: Wanted;
  live: LiveObject | undefined;
  quarantines: Quarantines;
  /** A change freeze holds on the firewall now. */
  frozen: PlanRequest['frozen'];
}

/** The generation is not known yet; any number will do as long as allowance and plan name the same. */
const anyGeneration = 1;

export async function planOneGroup(ports: Ports, query: GroupQuery): Promise<PlannedGroup> {
  const { firewall, group, target, realms, live, wanted } = query;
  const [rows, [objectItem]] = await Promise.all([
    listLedger(ports.tables, firewall, group.name),
    ports.tables.read([objectKey(firewall, group.name)]),
  ]);
  const now = ports.clock.now();
  const row = readObject(objectItem, now);
  const seen = rows.filter(({ realm }) => realms.includes(realm) || realm === foreignRealm);
  const { questions, waiting } = questionsOf(query, seen);
  const differences = questions.filter(differs);
  const ownership = ownershipNow(query, row);
  const former = formerDifference(query, questions);
  // An object that others filled is none that nobody has seen; one to be adopted that cannot be compared waits for a person.
  const adopts = target.adopt !== undefined && ownership !== 'absent';
  const firstFill = isFirstFill(row, live) && !adopts;
  const counters = rollWindow(row.counters, now, brakesOf(group, target).windowMinutes);
  const remove = differences.filter((one) => !isWanted(one)).length;
  const released = applyAllowance(
    {
      add: former ? former.gained.length : differences.filter(isWanted).length,
      remove,
      size: former ? former.same + former.lost.length : counters.size,
      firstFill,
      sizeAtStart: former || isFilledFirst(row, counters) ? undefined : counters.sizeAtStart,
      fits: roomFor({ remove }, { counters, maxMembers: group.maxMembers, ceiling: ceilingOf(target, now) }),
    },
    brakesOf(group, target),
  );
  const add = allAdditions(released, differences.filter(isWanted).length);
  const allowance = { generation: anyGeneration, add, remove: released.remove };
  // We put members there under this name, and now there is no object.
  const deleted = ownership === 'absent' && seen.some((entry) => entry.row.state === 'present');
  const device = onDevice(query, seen, deleted);
  const plan = planGroup({
    group,
    target,
    questions,
    // An object of ours that was deleted is filled again by the comparison: no growth by configuration.
    ownership: ownership === 'unknown' || deleted ? undefined : ownership,
    wasOurs: wasOurs(row, { name: query.object }),
    frozen: query.frozen,
    brakes: {
      counters: { ...counters, allowance },
      generation: anyGeneration,
      // What they take of the firewall as a whole is looked at in all groups together.
      firewallRemovalsLeft: Number.POSITIVE_INFINITY,
    },
  });
  return {
    group: group.name,
    object: query.object,
    channel: target.channel,
    mode: target.mode,
    ownership,
    size: row.counters.size,
    firstFill,
    ...changesOf(plan, live),
    unchanged: questions.filter((one) => isThere(one) && isWanted(one)).length - device.drift.missing.length,
    waiting,
    withheld: plan.settled.flatMap(({ question, ledger }) =>
      ledger === 'withheld' ? [question.address] : [],
    ),
    refused: wanted.refused.get(group.name) ?? [],
    ...device,
    former,
    allowance: { add, remove: released.remove },
    look: differences
      .filter(({ key, wantedBy }) => wanted.stored.has(key) === (wantedBy !== undefined))
      .map(({ key }) => key),
    notes: notesOn(rows.length - seen.length, live),
  };
}

/** What a former tool's object matches, beside what we want in it; undefined where there is none to be adopted. */
function formerDifference(
  { live }: GroupQuery,
  questions: readonly Question[],
): FormerDifference | undefined {
  if (!live?.former) return undefined;
  const wanted = new Set(questions.filter(isWanted).map(({ address }) => address));
  const there = new Set(live.former.addresses);
  const gained = [...wanted].filter((address) => !there.has(address)).sort();
  const lost = [...there].filter((address) => !wanted.has(address)).sort();
  return { same: wanted.size - gained.length, gained, lost, others: live.former.others };
}

/** All or nothing, as the brake decided: what the object matches already is added with the rest, under our own names. */
function allAdditions({ holds }: { holds: readonly HeldReason[] }, additions: number): number {
  return holds.includes('configuration-growth') ? 0 : additions;
}

function notesOn(frozen: number, live: LiveObject | undefined): string[] {
  const notes: string[] = [];
  if (frozen > 0)
    notes.push(`${frozen} addresses of realms that the firewall no longer lists stay as they are`);
  if (live?.renamedTo !== undefined)
    notes.push(`a person renamed the object to ${JSON.stringify(live.renamedTo)}: nothing is changed there`);
  return notes;
}

/** Every address that is wanted or in the ledger, as the sync would ask about it. */
function questionsOf(
  query: GroupQuery,
  rows: readonly LedgerEntry[],
): { questions: Question[]; waiting: PlannedGroup['waiting'] } {
  const { group, realms, wanted } = query;
  const ledger = new Map(rows.map((entry) => [entry.key, entry.row]));
  const mine = wanted.keys.get(group.name) ?? new Map<string, string[]>();
  const wishes = [...mine.keys()].filter((key) => realms.includes(parseMembershipKey(key).realm));
  const questions: Question[] = [];
  const waiting: PlannedGroup['waiting'] = [];
  for (const key of new Set([...wishes, ...ledger.keys()])) {
    const row = ledger.get(key);
    const question = {
      ...toQuestion(key, row, { wishes: mine.get(key) ?? [], live: query.live }),
      quarantine: query.quarantines.wish(group, parseMembershipKey(key)),
    };
    const held = row?.held;
    const stands = held?.op === (isWanted(question) ? 'add' : 'remove') && differs(question);
    if (held && stands && !holdRule(held.reason).decidedByApply)
      waiting.push({ ...held, address: question.address });
    else questions.push(question);
  }
  return { questions, waiting };
}

function toQuestion(
  key: string,
  row: LedgerRow | undefined,
  known: { wishes: readonly string[]; live: LiveObject | undefined },
): Question {
  const { address } = parseMembershipKey(key);
  const withheldFor = row?.withheldFor;
  const uncertain = row?.state === 'pending' || row?.state === 'unknown';
  const readBack = known.live ? known.live.members.includes(address) : row?.counted === true;
  return {
    key,
    address,
    wantedBy: known.wishes.find((endpoint) => endpoint !== withheldFor) ?? known.wishes[0],
    cause: 'configuration',
    witnessed: false,
    moved: false,
    unverified: false,
    ledger: row?.state ?? 'absent',
    ...(uncertain ? { readBack } : {}),
    counted: row?.counted ?? false,
    withheldFor,
    approved: { add: false, remove: false },
  };
}

function isThere({ ledger, readBack }: Question): boolean {
  return ledger === 'present' || readBack === true;
}

function differs(question: Question): boolean {
  const { wantedBy, withheldFor } = question;
  if (wantedBy !== undefined && wantedBy === withheldFor) return false;
  return isWanted(question) !== isThere(question);
}

function ownershipNow({ object, target, live }: GroupQuery, row: ObjectRow): PlannedGroup['ownership'] {
  const moved = row.object !== '' && (row.object !== object || row.channel !== target.channel);
  if (moved && row.counters.size > 0) return 'renamed';
  if (live) return live.ownership;
  const expected = target.create === 'own' ? 'ours' : 'offered';
  return row.ownership === expected && !moved ? expected : 'unknown';
}

/** Its object was made in this window: what the first fill brought was released, and is no growth of what there was before. */
function isFilledFirst({ madeAt }: ObjectRow, { windowStart }: Counters): boolean {
  return madeAt >= windowStart;
}

/**
 * A group whose ledger got lost is still there under our mark: that is no first fill. Nor is one that left and came back where the object
 * that was made for it cannot be looked at.
 */
function isFirstFill(row: ObjectRow, live: LiveObject | undefined): boolean {
  if (row.counters.size > 0 || row.ownership !== undefined) return false;
  if (live === undefined && row.madeAt > 0) return false;
  return !(live?.ownership === 'ours' && live.members.length > 0);
}

/** What goes and what is held, without what the device already has, or has not, as it should. */
function changesOf(
  plan: GroupPlan,
  live: LiveObject | undefined,
): Pick<PlannedGroup, 'add' | 'remove' | 'held'> {
  const known = live?.ownership === 'ours' || live?.ownership === 'offered';
  const members = known ? new Set(live.members) : undefined;
  const real = ({ op, address }: PlannedChange): boolean =>
    members === undefined || members.has(address) === (op === 'remove');
  const all = [...plan.changes, ...plan.held.map(({ change }) => change)].filter(real);
  const of = (op: 'add' | 'remove'): string[] =>
    all
      .filter((change) => change.op === op)
      .map(({ address }) => address)
      .sort();
  const held = plan.held.filter(({ change, reason }) => reason !== 'observe' && real(change));
  return {
    add: of('add'),
    remove: of('remove'),
    held: held.map(({ change: { op, address }, reason }) => ({ op, address, reason })),
  };
}

/** What differs on the device, and what the comparison does about it: see `compare.ts`. */
function onDevice(
  query: GroupQuery,
  rows: readonly LedgerEntry[],
  deleted: boolean,
): Pick<PlannedGroup, 'drift' | 'repair'> {
  const drift = driftOf(query, rows);
  const { mode, onForeignAdd } = query.target;
  const lost = deleted
    ? drift.missing
    : drift.missing.filter((address) => query.live?.members.includes(`${editedWord}${address}`));
  return {
    drift,
    repair: {
      add: mode === 'observe' ? [] : lost,
      remove: mode === 'sync' && onForeignAdd === 'remove' ? drift.foreign : [],
    },
  };
}

function driftOf({ live, group, wanted }: GroupQuery, rows: readonly LedgerEntry[]): PlannedGroup['drift'] {
  const readable: readonly Ownership[] = ['ours', 'offered', 'absent'];
  if (!live || !readable.includes(live.ownership)) return { missing: [], foreign: [] };
  const members = new Set(live.members);
  const wishes = wanted.keys.get(group.name);
  const missing = rows.filter(
    ({ key, address, row }) => row.state === 'present' && wishes?.has(key) && !members.has(address),
  );
  const known = new Set([
    ...rows.filter(({ row }) => row.state !== 'absent').map(({ address }) => address),
    ...[...(wishes?.keys() ?? [])].map((key) => parseMembershipKey(key).address),
  ]);
  return {
    missing: missing.map(({ address }) => address),
    foreign: live.members.filter((member) => !known.has(member) && !member.startsWith(editedWord)),
  };
}
