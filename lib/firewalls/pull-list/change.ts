import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectChanges, ObjectRef, Outcome } from '../../core/firewall.ts';
import { type OpenReport, validAmong } from '../shared/attempt.ts';
import { foreign, type Marks } from '../shared/marks.ts';
import type { ListBucket, StoredList } from './bucket.ts';
import { readList, writeList } from './list-text.ts';
import { entriesMax, type PullListSettings } from './schema.ts';

/** Only an earlier run that is about to lose its lease, or a person, writes beside us. */
const triesMax = 3;
const done: Outcome = { state: 'done' };

/** What it takes to read and write lists. */
export interface ListMeans {
  bucket: ListBucket;
  settings: PullListSettings;
  marks: Marks;
  read: (object: ObjectRef) => Promise<StoredList | undefined>;
  /** Waits for room in the budget of calls; how long the call may last. */
  may: (call: string) => Promise<number>;
}

/** Changes one list by one write on condition of what was read, and fills the report. Throws what concerns all of its changes. */
export async function changeList(
  changes: ObjectChanges,
  means: ListMeans,
  report: OpenReport,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    if (await tryOnce(changes, means, report)) return;
    if (tries === triesMax) {
      const text = `${changes.object.name} was written by somebody else ${triesMax} times in a row`;
      throw new ZonebridgeError('firewall/busy', text);
    }
  }
}

/** False when somebody else was faster. */
async function tryOnce(changes: ObjectChanges, means: ListMeans, report: OpenReport): Promise<boolean> {
  const { object, createWith, expectedCount } = changes;
  const { marks } = means;
  const list = await means.read(object);
  if (!list && !createWith)
    throw new ZonebridgeError('firewall/object-missing', `there is no list ${object.name}`);
  if (list && !marks.isFor(object, list.comment)) throw foreign(object.name);

  const { entries, outcomes } = changed(readList(list?.text ?? ''), changes, entriesMax(means.settings));
  if (!(await store(changes, { list, entries }, means))) return false;
  for (const [address, outcome] of outcomes) report.outcomes.set(address, outcome);
  if (createWith) report.created = done;
  report.countAfter = entries.size;
  const failed = [...outcomes.values()].some(({ state }) => state === 'failed');
  if (entries.size !== expectedCount && !failed)
    report.suspicion = new ZonebridgeError(
      'firewall/count-differs',
      `list ${object.name} holds ${entries.size} entries, ${expectedCount} were expected`,
    );
  return true;
}

/** Writes, unless nothing changed; false when the list is another by now. */
async function store(
  { object, createWith }: ObjectChanges,
  { list, entries }: { list: StoredList | undefined; entries: ReadonlySet<string> },
  { bucket, may }: ListMeans,
): Promise<boolean> {
  const text = writeList(entries);
  if (text === list?.text) return true;
  const filled = entries.size > 0 || list?.filled === true;
  const comment = list?.comment ?? createWith?.comment ?? '';
  const timeoutMs = await may(`PUT ${object.name}`);
  return await bucket.write(object.name, { text, tag: list?.tag, comment, filled }, timeoutMs);
}

/** The list afterwards. What is no address is refused alone; a list that would grow beyond what its readers take gets nothing new. */
function changed(
  before: ReadonlySet<string>,
  { add, remove }: ObjectChanges,
  most: number,
): { entries: Set<string>; outcomes: Map<string, Outcome> } {
  const outcomes = new Map<string, Outcome>();
  const entries = new Set(before);
  for (const address of remove) {
    entries.delete(address);
    outcomes.set(address, done);
  }
  const taken = validAmong(add, outcomes);
  const fresh = taken.filter((address) => !entries.has(address)).length;
  const error =
    fresh > 0 && entries.size + fresh > most
      ? new ZonebridgeError('firewall/table-full', `the readers of this list take ${most} entries`)
      : undefined;
  for (const address of taken) {
    outcomes.set(address, error && !entries.has(address) ? { state: 'failed', error } : done);
    if (!error) entries.add(address);
  }
  return { entries, outcomes };
}
