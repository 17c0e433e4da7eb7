import { isZonebridgeError, refusesAll, ZonebridgeError } from '../../core/errors.ts';
import type { ObjectRef, Outcome } from '../../core/firewall.ts';
import type { Write } from '../../core/ports.ts';
import { freezeAt } from '../freezes.ts';
import { clearDirty, type DirtyRow } from '../state/dirty.ts';
import { writeWhereTrue } from '../state/items.ts';
import { forgetLeft } from '../state/left.ts';
import {
  type LedgerEntry,
  ledgerItem,
  ledgerKey,
  listLedger,
  objectKey,
  type ObjectRow,
  readObject,
  unlessNewer,
  updateObject,
} from '../state/ledger.ts';
import { noteRetirement, readRetirement, type Retirement, retirementKey } from '../state/retirements.ts';
import { keeperOf } from '../targets.ts';
import type { OpenFirewall } from './connect.ts';
import { whoseObject } from './whose-object.ts';
import { writeFenced, writeObject } from './fenced.ts';
import type { Pass } from './pass.ts';

/** Members taken off by one call and one intent. */
const membersPerStep = 200;
/** No further step begins in the last part of a lease; the next run goes on. */
const stepMarginMs = 35_000;

interface Work {
  pass: Pass;
  group: string;
  request: Retirement;
  objectRow: ObjectRow;
  object: ObjectRef;
  open: OpenFirewall;
}

/**
 * Takes what a group left on a firewall away, as a person asked: members first, each with intent and outcome like any other change, then
 * the object, only when it carries our mark, and nothing at all while a rule refers to it. What the security team offered is emptied and left.
 * Whatever stops it leaves the row dirty, and the next run goes on.
 */
export async function retireGroup(pass: Pass, row: DirtyRow): Promise<void> {
  const { ports } = pass.run;
  const { firewall } = pass;
  const place = { firewall, group: row.group };
  const [requestItem, objectItem] = await ports.tables.read([
    retirementKey(firewall, row.group),
    objectKey(firewall, row.group),
  ]);
  const request = readRetirement(requestItem);
  if (request?.state === 'requested') {
    if (request.expiresAt <= ports.clock.now())
      await end(pass, place, request, {
        refusal: 'the request ran out before the firewall could be reached',
      });
    else await retire(pass, { ...place, request, objectRow: readObject(objectItem, ports.clock.now()) });
  }
  await writeWhereTrue(ports.tables, [clearDirty(row)]);
}

async function retire(
  pass: Pass,
  found: { firewall: string; group: string; request: Retirement; objectRow: ObjectRow },
): Promise<void> {
  const { group, request, objectRow } = found;
  const before = notNow(pass, objectRow);
  if (before) return end(pass, found, request, before);
  const open = await pass.run.open(pass.firewall);
  const offered = objectRow.ownership === 'offered';
  const object: ObjectRef = {
    group,
    name: objectRow.object,
    channel: objectRow.channel,
    create: offered ? 'offered' : 'own',
    ...(objectRow.sizeHint === undefined ? {} : { sizeHint: objectRow.sizeHint }),
  };
  const work: Work = { pass, group, request, objectRow, object, open };
  const refusal = objectRow.object === '' ? undefined : await whyNot(work);
  if (refusal) return end(pass, found, request, refusal);
  try {
    const removed = await takeMembersOff(work);
    await takeObjectOff(work);
    await forgetLeft(pass.run.ports.tables, pass.firewall, group);
    await end(pass, found, request, { removed });
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/object-in-use', 'firewall/object-foreign', 'firewall/rejected'))
      throw error;
    await end(pass, found, request, { refusal: `${error.code}: ${error.message}` });
  }
}

interface Refusal {
  refusal: string;
  users?: Retirement['users'];
}

/** What needs no look at the firewall. */
function notNow({ run, active, firewall }: Pass, row: ObjectRow): Refusal | undefined {
  const keeper = keeperOf(run.ports, active.configuration, { firewall, row });
  if (keeper !== undefined) return { refusal: `${row.object} is kept for the group ${keeper} now` };
  const closed = freezeAt(active.freezes, firewall, run.ports.clock.now());
  if (!closed) return undefined;
  const until = new Date(closed.until).toISOString();
  const why = closed.reason === undefined ? '' : ` (${closed.reason})`;
  return { refusal: `the firewall is closed for changes until ${until}${why}: retire it then` };
}

/** Asked anew at this moment: what a person saw may have changed since. */
async function whyNot({ pass, object, open }: Work): Promise<Refusal | undefined> {
  const { connection } = open;
  const { ownership, renamedTo } = await whoseObject(pass.run.ports.hub, open, object);
  if (ownership === 'absent') return undefined;
  if (renamedTo !== undefined)
    return {
      refusal: `${object.name} is called ${JSON.stringify(renamedTo)} on the firewall now: call it ${object.name} again, or take our mark out of its comment and keep it`,
    };
  if (ownership === 'foreign')
    return { refusal: `${object.name} does not carry our mark (firewall/object-foreign)` };
  const use = await connection.references(object);
  if (use.count !== undefined && use.count > 0)
    return {
      refusal: `${object.name} is used ${use.count} times (firewall/object-in-use)`,
      users: use.users,
    };
  if (use.count === undefined && object.create === 'offered')
    return { refusal: `nobody can tell whether rules use ${object.name}: empty it on the firewall` };
  return undefined;
}

async function end(
  { run: { ports } }: Pass,
  { firewall, group }: { firewall: string; group: string },
  { id }: Retirement,
  how: Refusal | { removed: number },
): Promise<void> {
  const place = { firewall, group, id };
  if ('removed' in how) await noteRetirement(ports.tables, place, { state: 'done', removed: how.removed });
  else {
    const { refusal: message, users = [] } = how;
    await noteRetirement(ports.tables, place, { state: 'refused', message, users, removed: 0 });
    ports.telemetry.warn('not retired', { firewall, group, problem: message });
  }
}

async function takeMembersOff(work: Work): Promise<number> {
  const { pass, group } = work;
  const { ports, lease } = pass.run;
  const rows = await listLedger(ports.tables, pass.firewall, group);
  const there = rows.filter(({ row }) => row.state !== 'absent');
  // Holds and withheld members are notes about what is not there.
  const notes = rows.filter(({ row }) => row.state === 'absent');
  await writeLedger(
    work,
    notes.map(({ key }) => ({ key: ledgerKey(pass.firewall, key), delete: true })),
    {},
  );
  for (let from = 0; from < there.length; from += membersPerStep) {
    if (ports.clock.now() > lease.until - stepMarginMs)
      throw new ZonebridgeError('sync/lease-lost', 'the lease nears its end, a fresh run goes on');
    const left = there.length - from;
    await takeSomeOff(work, there.slice(from, from + membersPerStep), left);
  }
  return there.length;
}

async function takeSomeOff(work: Work, entries: readonly LedgerEntry[], left: number): Promise<void> {
  const { object, open } = work;
  const intents = entries.map((entry) => intentOf(work, entry));
  await writeLedger(work, intents, { size: left - entries.length, allowAdd: 0, allowRemove: 0 });
  const remove = entries.map(({ address }) => address);
  const [report] = await open.connection.apply([
    { object, add: [], remove, expectedCount: left - entries.length },
  ]);
  const writes = entries.map(({ key, address }) => outcomeOf(work, key, report?.outcomes.get(address)));
  await writeLedger(
    work,
    writes.flatMap(({ write }) => write ?? []),
    {},
  );
  const failure = writes.find(({ error }) => error)?.error;
  if (failure) throw failure;
}

function intentOf({ pass, request, object }: Work, { key, row }: LedgerEntry): Write {
  const { fence } = pass.run.lease;
  const why = {
    endpoint: row.endpoint,
    name: row.why?.name,
    generation: pass.active.generation,
    object: object.name,
    approval: { id: request.id, by: request.by },
  };
  const changedAt = pass.run.ports.clock.now();
  const put = ledgerItem({ state: 'pending', counted: false, fence, changedAt, cause: 'approval', why });
  return { key: ledgerKey(pass.firewall, key), put, if: unlessNewer(fence) };
}

/** An object that is gone has no members: what the device does not find is off. */
function outcomeOf(
  { pass }: Work,
  key: string,
  outcome: Outcome | undefined,
): { write?: Write; error?: ZonebridgeError } {
  const { fence } = pass.run.lease;
  const ours = [{ attribute: 'fence', is: '=', value: fence }] as const;
  const gone = outcome?.state === 'failed' && outcome.error.code === 'firewall/object-missing';
  if (outcome?.state === 'done' || gone)
    return { write: { key: ledgerKey(pass.firewall, key), delete: true, if: ours } };
  const error = outcome?.error ?? new ZonebridgeError('firewall/outcome-unknown', 'no outcome reported');
  // What the firewall as a whole refuses is mended and tried again; one address is told to the person who asked.
  if (outcome?.state === 'failed' && error.retry === 'never' && !refusesAll(error)) {
    const { code, message } = error;
    const set = { state: 'present', counted: true, failedCode: code, failedMessage: message.slice(0, 300) };
    const write: Write = { key: ledgerKey(pass.firewall, key), update: { set }, if: ours };
    return { write, error: new ZonebridgeError('firewall/rejected', message, { cause: error }) };
  }
  const update = { set: { answer: error.code } };
  return { write: { key: ledgerKey(pass.firewall, key), update, if: ours }, error };
}

async function takeObjectOff(work: Work): Promise<void> {
  const { pass, group, request, object, objectRow, open } = work;
  const place = { firewall: pass.firewall, group, fence: pass.run.lease.fence };
  const { tables } = pass.run.ports;
  if (objectRow.object !== '' && object.create === 'own') {
    await writeObject(tables, updateObject(place, { retired: `by ${request.by}, ${request.id}: begins` }));
    await open.connection.deleteObject(object);
  }
  // The row stays, without an object: it carries the fence, on which an older run must still fail.
  const set = { retired: `by ${request.by}, ${request.id}: done`, size: 0, held: 0 };
  await writeObject(
    tables,
    updateObject(place, set, ['object', 'channel', 'ownership', 'trouble', 'sizeHint']),
  );
}

async function writeLedger(
  { pass, group }: Work,
  writes: readonly Write[],
  set: Parameters<typeof updateObject>[1],
): Promise<void> {
  const place = { firewall: pass.firewall, fence: pass.run.lease.fence };
  await writeFenced(pass.run.ports.tables, place, [
    { group, object: updateObject({ ...place, group }, set), writes },
  ]);
}
