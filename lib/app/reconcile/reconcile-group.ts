import { isZonebridgeError } from '../../core/errors.ts';
import { editedWord } from '../../core/firewall.ts';
import { inRanges } from '../../core/model/address.ts';
import {
  type AddressGroup,
  foreignRealm,
  type GroupTarget,
  membershipKey,
  parseMembershipKey,
} from '../../core/model/address-group.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { HeldReason } from '../../core/plan/hold-reasons.ts';
import { isWait } from '../../core/plan/rollout.ts';
import type { Condition, Item, Write } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty, shardOfEndpoint } from '../state/dirty.ts';
import type { TimeSpan } from '../state/identities.ts';
import { inParallel, writeWhereTrue } from '../state/items.ts';
import {
  isGivenUp,
  isMiscounted,
  ledgerKey,
  type LedgerEntry,
  listLedger,
  objectKey,
  type ObjectRow,
  readObject,
} from '../state/ledger.ts';
import { listGroup } from '../state/memberships.ts';
import { orderedWishes } from '../orders/quarantined-wishes.ts';
import type { OpenFirewall } from '../sync/connect.ts';
import { lateSince, madeLately } from '../sync/late-reads.ts';
import { type WhoseObject, whoseObject } from '../sync/whose-object.ts';
import { objectRef } from '../targets.ts';
import { compare, type Finding } from './compare.ts';
import { confirmed } from './confirm.ts';
import { evaluatedOnly } from './evaluated.ts';
import {
  dueForRenewal,
  isOverdue,
  lostToLateCall,
  lostToTime,
  lostWithDevice,
  lostWithObject,
} from './lost.ts';
import { asWritten, doubtNews, withoutDoubted } from './late-reads.ts';
import type { ReconcileResult } from './reconcile-firewall.ts';

export interface GroupRequest {
  active: ActiveConfiguration;
  open: OpenFirewall;
  group: AddressGroup;
  target: GroupTarget;
  startedAt: number;
  sameDevice: boolean;
  /** It was replaced, failed over, restarted or restored since the last comparison. */
  otherDevice: boolean;
  /** When it became the device that it is: what was written then may have gone to the former one. */
  handover: TimeSpan | undefined;
  /** Asks device and ledger again: a device that restarted since, or an older ledger, would lack members that nobody took off. */
  stillSameDevice: () => Promise<boolean>;
}

interface Marking extends GroupRequest {
  /** An `apply` ended after it activated and before it released anything for this group. */
  unreleased: boolean;
}

/** Compares one group on one firewall and marks what the sync has to look at. */
export async function reconcileGroup(ports: Ports, request: GroupRequest): Promise<ReconcileResult> {
  const { open, group, target } = request;
  const object = objectRef(open.module, { hub: ports.hub, group, target, settings: open.settings });
  // Before the rows: what a run writes while they are listed must show as a newer revision.
  const [objectItem] = await ports.tables.read([objectKey(open.id, group.name)]);
  const rows = await listLedger(ports.tables, open.id, group.name);
  const objectRow = readObject(objectItem, ports.clock.now());
  const whose = await whoseObject(ports.hub, open, object);
  const ours = whose.ownership === 'ours' || whose.ownership === 'offered';
  const renamed = whose.ownership === 'hand-renamed';
  const members = ours ? await open.connection.observeMembers(object) : [];
  const edited = members
    .filter((member) => member.startsWith(editedWord))
    .map((member) => member.slice(editedWord.length));
  const readAt = ports.clock.now();
  const intact = members.filter((member) => !member.startsWith(editedWord));
  const fresh = rows.filter(({ row }) => row.changedAt >= request.startedAt).map(({ key }) => key);
  const ledger = new Map(rows.map((entry) => [entry.key, entry]));
  const listed = seenRealms(request, await listGroup(ports.tables, group.name));
  const wishes = orderedWishes(request.active, { firewall: open.id, group }, listed);
  const keys = [...wishes.wanted.keys(), ...ledger.keys()];
  const since = ours || renamed ? lateIn(request) : lateWithout(objectRow, request);
  // What lies under a name that is not ours is not read, and goes on as it was.
  const seen = renamed ? keysPresent(rows) : keysOf(request, intact, keys);
  const comparison = {
    ledger,
    fresh: new Set(fresh),
    wanted: wishes.wanted,
    observed: asWritten(seen, rows, since),
    // What a quarantine put there is put back, too.
    edited: new Set([
      ...keysOf(request, edited, keys),
      ...wishes.ordered,
      ...lostWithObject(rows, objectRow),
      ...lostWithDevice(rows, objectRow, request.handover),
      ...lostToLateCall(rows),
      ...lostToTime(rows, object, readAt),
    ]),
    due: dueForRenewal(rows, object, readAt),
    sameDevice: request.sameDevice && ours,
  };
  const stillSame = async (): Promise<boolean> =>
    (await sameObject(ports, request, objectRow)) && (await request.stillSameDevice());
  let findings = compare(comparison);
  if (findings.some(({ kind }) => kind === 'removed-by-hand') && !(await stillSame()))
    findings = compare({ ...comparison, sameDevice: false });
  findings = await confirmed(open.connection, object, findings);
  findings = await evaluatedOnly(ports.tables, request.active, { findings, ledger, wanted: listed });
  const sure = withoutDoubted(findings, { objectRow, ledger, since, now: readAt });
  ({ findings } = sure);
  await noteWhose(ports, request, { whose, ours, objectRow });
  const acted = findings.filter(
    ({ kind, key }) =>
      kind !== 'foreign' || target.onForeignAdd === 'remove' || wishes.isOut(key) || cameBack(request, key),
  );
  const { generation } = objectRow.counters.allowance;
  const marking = { ...request, unreleased: generation > 0 && generation < request.active.generation };
  await inParallel(acted, 16, (finding) => mark(ports, marking, finding, ledger.get(finding.key)));
  await forgetLateCalls(ports, request, { rows, there: seen });
  await noteLooks(ports, request, { objectItem, objectRow, doubted: sure.doubted });
  if (fresh.length === 0) await recount(ports, request, { objectItem, rows, findings });
  const found = figures(request, rows, findings);
  return renamed ? { ...found, lost: found.lost + 1 } : found;
}

/** An object that was there long ago and is not shown is gone, and with it what was put there since. */
function lateWithout(objectRow: ObjectRow, request: GroupRequest): number {
  const since = lateIn(request);
  return madeLately(objectRow, since) ? since : Infinity;
}

/** From when on a write of ours may not show yet. What another device does not show it lacks. */
function lateIn({ open, sameDevice, startedAt }: GroupRequest): number {
  return lateSince(sameDevice ? open.module.facts.readsLagMs : undefined, startedAt);
}

/** Which device the group was compared on, and what has to be seen again. */
async function noteLooks(
  ports: Ports,
  request: GroupRequest,
  known: { objectItem: Item | undefined; objectRow: ObjectRow; doubted: Readonly<Record<string, number>> },
): Promise<void> {
  const { objectItem, objectRow, doubted } = known;
  const { handover } = request;
  const set = doubtNews(doubted, objectRow);
  if (handover && objectRow.deviceSince !== handover.from) set['deviceSince'] = handover.from;
  if (objectItem && Object.keys(set).length > 0) await writeUnlessRun(ports, request, objectItem, { set });
}

/**
 * A workload's address in an object that we made, unknown to the ledger, after the device changed: an older state of the device brought it
 * back, and whoever has it now must not be let in by it. Otherwise a person put it there.
 */
function cameBack({ active, target, otherDevice }: GroupRequest, key: string): boolean {
  const { realm, address } = parseMembershipKey(key);
  if (!otherDevice || target.create !== 'own' || realm === foreignRealm) return false;
  return [...active.clusters.values()].some(
    (cluster) => cluster.realm === realm && inRanges(address, cluster.ranges),
  );
}

/** What is still there when no process that sent its removal lives any more: from now on only a person takes it off. */
async function forgetLateCalls(
  ports: Ports,
  { open, startedAt }: GroupRequest,
  { rows, there }: { rows: readonly LedgerEntry[]; there: ReadonlySet<string> },
): Promise<void> {
  const writes = rows
    .filter(({ key, row }) => row.state === 'present' && there.has(key) && isOverdue(row, startedAt))
    .map((entry) => ({
      key: ledgerKey(open.id, entry.key),
      update: { set: {}, remove: ['removeSentAt'] },
      if: asListed(entry),
    }));
  await writeWhereTrue(ports.tables, writes);
}

function seenRealms(request: GroupRequest, wanted: Map<string, string>): Map<string, string> {
  const { realms } = request.open.settings;
  return new Map([...wanted].filter(([key]) => realms.includes(key.split('|')[1] ?? '')));
}

/**
 * Membership keys of what the device lists. It knows addresses alone: each keeps the realms that our ledger gave it, or for which it is
 * wanted, which may be several; anything else is foreign.
 */
function keysOf(
  { open, group }: GroupRequest,
  members: readonly string[],
  keys: Iterable<string>,
): Set<string> {
  const { realms } = open.settings;
  const known = Map.groupBy(new Set(keys), (key) => parseMembershipKey(key).address);
  return new Set(
    members.flatMap((member) => {
      const realm =
        realms.length === 1 && /^[0-9a-f.:]+$/.test(member) ? (realms[0] ?? foreignRealm) : foreignRealm;
      return known.get(member) ?? [membershipKey(group.name, realm, member)];
    }),
  );
}

/** Nor was the object made anew while its members were read: what the ledger says was put into the former one. */
async function sameObject(
  ports: Ports,
  { open, group }: GroupRequest,
  { madeAt }: ObjectRow,
): Promise<boolean> {
  const [item] = await ports.tables.read([objectKey(open.id, group.name)]);
  return readObject(item, 0).madeAt === madeAt;
}

function keysPresent(rows: readonly LedgerEntry[]): Set<string> {
  return new Set(rows.filter(({ row }) => row.state === 'present').map(({ key }) => key));
}

/**
 * One that is not ours must be looked at, and made or refused, before the next write. One that a person renamed is shown as trouble also
 * while nothing has to be changed in it.
 */
async function noteWhose(
  ports: Ports,
  request: GroupRequest,
  { whose, ours, objectRow }: { whose: WhoseObject; ours: boolean; objectRow: ObjectRow },
): Promise<void> {
  const { open, group } = request;
  const { renamedTo, ownership } = whose;
  // Made a moment ago.
  if (ownership === 'absent' && madeLately(objectRow, lateIn(request))) return;
  const set: Item = {};
  const remove: string[] = [];
  if (!ours && objectRow.ownership !== undefined) remove.push('ownership');
  if (renamedTo === undefined && objectRow.renamedTo !== undefined) remove.push('trouble', 'renamedTo');
  if (renamedTo !== undefined && renamedTo !== objectRow.renamedTo)
    Object.assign(set, { renamedTo, trouble: 'hand-renamed-object' satisfies HeldReason });
  if (renamedTo !== undefined)
    ports.telemetry.warn('object renamed by hand', { firewall: open.id, group: group.name, renamedTo });
  if (remove.length === 0 && Object.keys(set).length === 0) return;
  await ports.tables.write({ key: objectKey(open.id, group.name), update: { set, remove } });
}

/**
 * Sets the members' counter to what the ledger holds, and ends the trouble of a device that counted otherwise, unless a sync ran meanwhile:
 * then the next comparison does it.
 */
async function recount(
  ports: Ports,
  request: GroupRequest,
  found: { objectItem: Item | undefined; rows: readonly LedgerEntry[]; findings: readonly Finding[] },
): Promise<void> {
  const { objectItem, rows, findings } = found;
  if (!objectItem) return;
  const removed = findings.filter(({ kind }) => kind === 'removed-by-hand').length;
  const size = rows.filter(({ row }) => row.counted).length - removed;
  const held = rows.filter(({ row }) => row.held !== undefined && !isWait(row.held.reason)).length;
  const missing = rows.filter(({ row }) => isGivenUp(row)).length + removed;
  const known = readObject(objectItem, 0);
  const miscounted = isMiscounted(known);
  const same = known.counters.size === size && known.held === held && known.missing === missing;
  if (same && !miscounted) return;
  const remove = miscounted ? ['trouble'] : [];
  await writeUnlessRun(ports, request, objectItem, { set: { size, held, missing }, remove });
}

/** Writes what a comparison found out into the object row, unless a run wrote it meanwhile. */
async function writeUnlessRun(
  ports: Ports,
  { open, group }: GroupRequest,
  objectItem: Item,
  update: { set: Item; remove?: readonly string[] },
): Promise<void> {
  const { revision } = readObject(objectItem, 0);
  try {
    await ports.tables.write({
      key: objectKey(open.id, group.name),
      update,
      if: [{ attribute: 'revision', is: 'absent or =', value: revision }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}

/** Writes a finding down, on condition that the row is still the one that was compared: neither changed nor gone nor new. */
async function mark(
  ports: Ports,
  request: Marking,
  finding: Finding,
  entry: LedgerEntry | undefined,
): Promise<void> {
  const { open } = request;
  const now = ports.clock.now();
  const key = ledgerKey(open.id, finding.key);
  const unchanged = asListed(entry);
  const dirty = markDirty({
    id: ports.random.id(),
    look: true,
    firewall: open.id,
    key: finding.key,
    cause: causeOf(request, finding, entry),
    time: now,
    // A dead address that waited for its object leaves as one.
    witnessed: finding.kind === 'foreign' || entry?.row.held?.dead === true,
    source: shardOfEndpoint(entry?.row.endpoint),
  });
  const writes: Write[] = [];
  if (finding.kind === 'removed-by-hand') {
    const set = { state: 'absent', counted: false, changedAt: now, withheldFor: finding.endpoint };
    writes.push({ key, update: { set }, if: unchanged });
  }
  if (finding.kind === 'lost' || finding.kind === 'there')
    writes.push({ key, update: { set: { state: 'unknown', changedAt: now } }, if: unchanged }, dirty);
  if (finding.kind === 'foreign') {
    writes.push(
      { key, update: { set: { state: 'unknown', counted: false, changedAt: now } }, if: unchanged },
      dirty,
      ...unlessKnown(request, finding.key),
    );
  }
  if (finding.kind === 'open' || finding.kind === 'due') writes.push(dirty);
  try {
    await ports.tables.transact(writes);
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}

/** An address of no realm that a run has put there meanwhile, for one of those that the firewall sees, is not foreign. */
function unlessKnown({ open, group }: GroupRequest, key: string): Write[] {
  const { realm, address } = parseMembershipKey(key);
  if (realm !== foreignRealm) return [];
  return open.settings.realms.map((one) => ({
    key: ledgerKey(open.id, membershipKey(group.name, one, address)),
    check: true,
    if: [{ attribute: 'changedAt', is: 'absent' }],
  }));
}

/**
 * A change that waits keeps its cause, which decides whether it still has to. What the ledger does not know of, where an `apply` ended before
 * it released anything, is new by the configuration.
 */
function causeOf({ unreleased }: Marking, { kind }: Finding, entry: LedgerEntry | undefined): Cause {
  if (!entry && kind === 'open' && unreleased) return 'configuration';
  const waits = entry?.row.held !== undefined && isWait(entry.row.held.reason);
  return (waits ? entry.row.cause : undefined) ?? 'reconcile';
}

function asListed(entry: LedgerEntry | undefined): readonly Condition[] {
  if (!entry) return [{ attribute: 'changedAt', is: 'absent' }];
  const { changedAt, fence } = entry.row;
  return [
    { attribute: 'changedAt', is: '=', value: changedAt },
    { attribute: 'fence', is: 'absent or =', value: fence },
  ];
}

function figures(
  request: GroupRequest,
  rows: readonly LedgerEntry[],
  findings: readonly Finding[],
): ReconcileResult {
  const of = (kind: Finding['kind']): number => findings.filter((finding) => finding.kind === kind).length;
  const open = new Set(findings.filter(({ kind }) => kind === 'open').map(({ key }) => key));
  const stale = rows.filter(({ key, row }) => row.state === 'present' && open.has(key)).length;
  return {
    removedByHand: of('removed-by-hand'),
    lost: of('lost'),
    foreign: of('foreign'),
    open: of('open') + of('there'),
    staleAllow: request.group.usedIn === 'allow' ? stale : 0,
  };
}
