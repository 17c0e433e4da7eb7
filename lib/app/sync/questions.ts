import { isZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, ObjectRef } from '../../core/firewall.ts';
import {
  type AddressGroup,
  foreignRealm,
  type GroupTarget,
  membershipKey,
} from '../../core/model/address-group.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Rollout } from '../../core/plan/rollout.ts';
import { isDue } from '../../core/plan/lifetime.ts';
import { isWanted, type Question } from '../../core/plan/plan.ts';
import type { Quarantines } from '../../core/plan/quarantine.ts';
import type { Ports } from '../ports.ts';
import { beingRebuilt, isInferred, lookForSure, readStanding } from './inferred.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import { type DirtyRow, shardOfEndpoint } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import {
  type Approval,
  isMiscounted,
  isSameHold,
  ledgerKey,
  type LedgerRow,
  objectKey,
  type ObjectRow,
  readLedger,
  readObject,
} from '../state/ledger.ts';
import { anyMember, type Member, membersOf } from '../state/memberships.ts';

/** A group of dirty rows of one group on one firewall, with everything read that the plan needs. */
export interface GroupWork {
  group: AddressGroup;
  target: GroupTarget;
  object: ObjectRef;
  objectRow: ObjectRow;
  rows: DirtyRow[];
  ledger: ReadonlyMap<string, LedgerRow>;
  questions: readonly Question[];
  /** What a person called the object on the device, where that was found out. */
  renamedTo?: string | undefined;
  /** What keeps changes waiting, if anything. */
  rollout?: Rollout | undefined;
  byKey: ReadonlyMap<string, Question>;
  /** What the audit says beside the decision: names by endpoint id. */
  background: { names: ReadonlyMap<string, string> };
}

export interface GroupPlace {
  firewall: string;
  group: AddressGroup;
  target: GroupTarget;
  object: ObjectRef;
  /** Realms that the firewall sees. */
  realms: readonly string[];
  /** All of the hub, by their ids. */
  clusters: readonly string[];
}

/** Membership queries under way at the same time. */
const width = 32;

/**
 * Reads truth and ledger for the dirty rows: one batch for the rows, one query with limit 1 per address. Leaves out rows that were marked again
 * meanwhile and have no membership: they stay dirty.
 */
export async function readWork(
  ports: Ports,
  known: { place: GroupPlace; quarantines: Quarantines },
  rows: DirtyRow[],
): Promise<GroupWork> {
  const { place, quarantines } = known;
  const { firewall, group, realms } = place;
  const clusters = clustersOf(rows.map(({ source }) => source));
  const [items, found, others] = await Promise.all([
    ports.tables.read([
      objectKey(firewall, group.name),
      ...clusters.map(clusterKey),
      ...rows.map((row) => ledgerKey(firewall, row.key)),
    ]),
    inParallel(rows, width, (row) => anyMember(ports.tables, row.key)),
    inParallel(rows, width, (row) => {
      // Where a quarantine keeps it out, nobody's wish counts.
      const others = realms.filter((realm) => quarantines.wish(group, { ...row, realm }) !== 'out');
      return memberElsewhere(ports, row, others);
    }),
  ]);
  const now = ports.clock.now();
  const objectRow = readObject(items[0], now);
  const states = new Map(clusters.map((id, index) => [id, readCluster(items[1 + index])]));
  const verified = new Map([...states].map(([id, state]) => [id, state.verifiedShards]));
  const ledger = new Map(
    rows.map(({ key }, index) => [key, readLedger(items[1 + clusters.length + index])] as const),
  );
  // Only what nobody told, so that the way of a change costs nothing more.
  const inferred = rows.filter((row, index) => isInferred(row, found[index]?.endpoint));
  const sourceIn = ({ key, source }: DirtyRow): DirtyRow['source'] =>
    source ?? shardOfEndpoint(ledger.get(key)?.endpoint);
  const keys = inferred.map(({ key }) => key);
  const strays = inferred.some(({ source }) => source === undefined);
  const asked = clustersOf(inferred.map(sourceIn), [...clusters, ...(strays ? place.clusters : [])]);
  const leaving = rows.filter((_, index) => found[index] === undefined);
  const sure = keys.length === 0 ? undefined : await lookForSure(ports, { clusters: asked, leaving }, keys);
  const members = rows.map(({ key }, index) => sure?.members.get(key) ?? found[index]);
  const names = new Map(members.flatMap(named));
  // Additions need no look: only what may leave could be wrong.
  const after =
    leaving.length === 0 ? undefined : (sure?.after ?? (await readStanding(ports, clusters, leaving)));
  const unsure = after ? beingRebuilt(states, after) : () => false;
  // A run may stand still after it read why, and find what something else did since: the next look knows that, too.
  const kept = [...rows.entries()].filter(([, { key }]) => !after?.markedAgain.has(key));
  const questions = await inParallel(kept, width, async ([index, row]) => {
    const entry = ledger.get(row.key) ?? readLedger(undefined);
    const wantedBy = await wanted(ports, row.key, members[index]?.endpoint, entry);
    const elsewhere = others[index]?.endpoint;
    const miscounted = isMiscounted(objectRow);
    const { lifetimeMs } = place.object;
    const known = { entry, wantedBy, elsewhere, group, now, quarantines, miscounted, lifetimeMs };
    if (!sure?.members.has(row.key))
      return toQuestion(row, { ...known, verified, unsure: unsure(row.source?.cluster) });
    const source = sourceIn(row);
    const { isRebuilt, verified: both } = sure;
    return toQuestion({ ...row, source }, { ...known, verified: both, unsure: isRebuilt(source?.cluster) });
  });
  const judged = kept.map(([, row]) => row);
  return { ...place, objectRow, rows: judged, ledger, ...keyed(questions), background: { names } };
}

function clustersOf(sources: readonly DirtyRow['source'][], others: readonly string[] = []): string[] {
  return [...new Set([...others, ...sources.flatMap((source) => source?.cluster ?? [])])];
}

/** A firewall knows addresses alone: one that leaves in this realm may be wanted in another that it sees. */
async function memberElsewhere(
  ports: Ports,
  { group, realm, address }: DirtyRow,
  realms: readonly string[],
): Promise<Member | undefined> {
  for (const other of realms) {
    const found =
      other === realm ? undefined : await anyMember(ports.tables, membershipKey(group, other, address));
    if (found) return found;
  }
  return undefined;
}

function named(member: Member | undefined): [string, string][] {
  return member?.name === undefined ? [] : [[member.endpoint, member.name]];
}

/** A withheld address is wanted by an endpoint other than the one it is withheld for, if there is one. */
async function wanted(
  ports: Ports,
  key: string,
  any: string | undefined,
  entry: LedgerRow,
): Promise<string | undefined> {
  if (any === undefined || any !== entry.withheldFor) return any;
  const all = await membersOf(ports.tables, key);
  return all.find(({ endpoint }) => endpoint !== entry.withheldFor)?.endpoint ?? any;
}

type Op = 'add' | 'remove';

/** What persons decided about the change that the row holds, or that an earlier run began, if it still is that change. */
function decisionOn(
  entry: LedgerRow,
  known: { wantedBy: string | undefined; group: AddressGroup; now: number },
): { op?: Op | undefined; approved?: Op | undefined; by?: Approval | undefined; rejected?: Op | undefined } {
  const { wantedBy: endpoint, group, now } = known;
  const { held, released } = entry;
  const valid = (approval: Approval | undefined): boolean => approval !== undefined && approval.until > now;
  if (entry.state === 'pending') {
    // An intent whose call failed: the approval that released it still counts.
    const op = entry.counted ? 'add' : 'remove';
    const same = op === 'remove' || group.addresses !== 'pod' || entry.endpoint === endpoint;
    return { op, approved: same && valid(released) ? op : undefined, by: released };
  }
  if (!held || !isSameHold(entry, { op: held.op, endpoint, group })) return {};
  const { op } = held;
  const approved = valid(held.approved) ? op : undefined;
  return { op, approved, by: held.approved, rejected: held.rejected && op };
}

/** Marks that only ask to look again; why the change was wanted they do not know. */
const asksToLook: readonly Cause[] = ['approval', 'reconcile'];

/** An addition that is told once more, because the hub lost it or a listing names it again, is wanted for the reason it had. */
const toldAgain: readonly Cause[] = ['relist', 'start'];

function keepsCause(cause: Cause, op: Op | undefined): boolean {
  return op !== undefined && (asksToLook.includes(cause) || (op === 'add' && toldAgain.includes(cause)));
}

function toQuestion(
  row: DirtyRow,
  known: {
    entry: LedgerRow;
    wantedBy: string | undefined;
    /** Endpoint that wants the address in another realm. */
    elsewhere: string | undefined;
    /** State was lost: that nobody wants the address may not be so, whoever saw it. */
    unsure: boolean;
    /** What only seems to leave could be the last that is there. */
    miscounted: boolean;
    /** Verified shards by cluster. */
    verified: ReadonlyMap<string, ReadonlySet<string>>;
    group: AddressGroup;
    now: number;
    quarantines: Quarantines;
    /** How long the device keeps what is put there; undefined: for ever. */
    lifetimeMs: number | undefined;
  },
): Question {
  const { entry, elsewhere, group } = known;
  const foreign = row.realm === foreignRealm;
  // What is foreign in no realm is ours in another: nothing is left to decide about the foreign one.
  const ledger = foreign && elsewhere !== undefined ? 'absent' : entry.state;
  const wantedBy = known.wantedBy ?? (foreign ? undefined : elsewhere);
  const decided = decisionOn(entry, { ...known, wantedBy });
  return {
    key: row.key,
    address: row.address,
    wantedBy,
    cause: keepsCause(row.cause, decided.op) ? (entry.cause ?? row.cause) : row.cause,
    witnessed: row.witnessed && !known.unsure,
    moved: row.moved,
    unverified:
      known.unsure ||
      known.miscounted ||
      (row.source !== undefined && !known.verified.get(row.source.cluster)?.has(String(row.source.shard))),
    ledger,
    renew: ledger === 'present' && isDue({ ...known, expiresAt: entry.expiresAt }),
    counted: entry.counted,
    changedAt: entry.changedAt,
    withheldFor: entry.withheldFor,
    approved: { add: decided.approved === 'add', remove: decided.approved === 'remove' },
    heedsFreeze: decided.by?.inFreeze !== true,
    rejected: decided.rejected,
    released: entry.released !== undefined,
    quarantine: known.quarantines.wish(group, row),
  };
}

/**
 * Asks the firewall about addresses whose last change has an unknown outcome; without a connection none of them is a member. Of which it
 * cannot tell yet, that change is not done.
 */
export async function readBack(
  work: GroupWork,
  connection: FirewallConnection | undefined,
): Promise<GroupWork> {
  const uncertain = work.questions.filter(({ ledger }) => ledger === 'pending' || ledger === 'unknown');
  if (uncertain.length === 0) return work;
  const addresses = uncertain.map(({ address }) => address);
  const there = await connection?.observeSome(work.object, addresses).catch(noneWithoutObject);
  const isThere = (question: Question) =>
    there ? (there.get(question.address) ?? !isWanted(question)) : false;
  const questions = work.questions.map((question) =>
    uncertain.includes(question) ? { ...question, readBack: isThere(question) } : question,
  );
  return { ...work, ...keyed(questions) };
}

/**
 * The object is not ours to read or write, as long as it has another name or another owner. What is uncertain counts as not done, so that it is
 * held with the rest and done once more when the object is back; doing it twice is harmless.
 */
export function withoutReading(work: GroupWork): GroupWork {
  const questions = work.questions.map((question) =>
    question.ledger === 'pending' || question.ledger === 'unknown'
      ? { ...question, readBack: !isWanted(question), unread: true }
      : question,
  );
  return { ...work, ...keyed(questions) };
}

function keyed(questions: Question[]): Pick<GroupWork, 'questions' | 'byKey'> {
  return { questions, byKey: new Map(questions.map((question) => [question.key, question])) };
}

/** Nothing is a member of an object that is not there. */
function noneWithoutObject(error: unknown): undefined {
  if (!isZonebridgeError(error, 'firewall/object-missing')) throw error;
}
