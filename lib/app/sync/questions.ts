import { isZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, ObjectRef } from '../../core/firewall.ts';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import type { Question } from '../../core/plan/plan.ts';
import type { Ports } from '../ports.ts';
import { approvalKey, approvalOf, approvedHold, readApproval } from '../state/approvals.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import type { DirtyRow } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import {
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
  questions: Question[];
  /** What the audit says beside the decision. */
  background: {
    /** By endpoint id. */
    names: ReadonlyMap<string, string>;
    approval: { id: string; by: string } | undefined;
  };
}

/** Membership queries under way at the same time. */
const width = 32;

/** Reads truth and ledger for the dirty rows: one batch for the rows, one query with limit 1 per address. */
export async function readWork(
  ports: Ports,
  place: { firewall: string; group: AddressGroup; target: GroupTarget; object: ObjectRef },
  rows: DirtyRow[],
): Promise<GroupWork> {
  const { firewall, group } = place;
  const clusters = [
    ...new Set(rows.flatMap((row) => (row.source === undefined ? [] : [row.source.cluster]))),
  ];
  const [items, members] = await Promise.all([
    ports.tables.read([
      objectKey(firewall, group.name),
      approvalKey(firewall, group.name),
      ...clusters.map(clusterKey),
      ...rows.map((row) => ledgerKey(firewall, row.key)),
    ]),
    inParallel(rows, width, (row) => anyMember(ports.tables, row.key)),
  ]);
  const now = ports.clock.now();
  const approved = readApproval(items[1], now);
  const verified = new Map(clusters.map((id, index) => [id, readCluster(items[2 + index]).verifiedShards]));
  const ledger = new Map<string, LedgerRow>();
  const names = new Map(members.flatMap(named));
  const questions = await inParallel([...rows.entries()], width, async ([index, row]) => {
    const entry = readLedger(items[2 + clusters.length + index]);
    ledger.set(row.key, entry);
    const wantedBy = await wanted(ports, row.key, members[index]?.endpoint, entry);
    return toQuestion(row, { entry, wantedBy, verified, approved });
  });
  const background = { names, approval: approvalOf(items[1]) };
  return { ...place, objectRow: readObject(items[0], now), rows, ledger, questions, background };
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

function toQuestion(
  row: DirtyRow,
  known: {
    entry: LedgerRow;
    wantedBy: string | undefined;
    /** Verified shards by cluster. */
    verified: ReadonlyMap<string, ReadonlySet<string>>;
    approved: ReadonlySet<string>;
  },
): Question {
  const { entry, wantedBy, approved } = known;
  const isApproved = (op: 'add' | 'remove'): boolean =>
    entry.held?.op === op && approved.has(approvedHold({ ...entry.held, key: row.key }));
  return {
    key: row.key,
    address: row.address,
    wantedBy,
    cause: row.cause,
    witnessed: row.witnessed,
    moved: row.moved,
    unverified:
      row.source !== undefined && !known.verified.get(row.source.cluster)?.has(String(row.source.shard)),
    ledger: entry.state,
    counted: entry.counted,
    withheldFor: entry.withheldFor,
    approved: { add: isApproved('add'), remove: isApproved('remove') },
  };
}

/** Asks the firewall about addresses whose last change has an unknown outcome; without a connection none of them is a member. */
export async function readBack(
  work: GroupWork,
  connection: FirewallConnection | undefined,
): Promise<GroupWork> {
  const uncertain = work.questions.filter(({ ledger }) => ledger === 'pending' || ledger === 'unknown');
  if (uncertain.length === 0) return work;
  const addresses = uncertain.map(({ address }) => address);
  const seen = connection?.observeSome(work.object, addresses).catch(noneWithoutObject);
  const there: ReadonlyMap<string, boolean> = (await seen) ?? new Map();
  const questions = work.questions.map((question) =>
    uncertain.includes(question) ? { ...question, readBack: there.get(question.address) === true } : question,
  );
  return { ...work, questions };
}

/** Nothing is a member of an object that is not there. */
function noneWithoutObject(error: unknown): ReadonlyMap<string, boolean> {
  if (!isZonebridgeError(error, 'firewall/object-missing')) throw error;
  return new Map();
}
