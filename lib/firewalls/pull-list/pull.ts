import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectChanges, ObjectRef, ObjectReport } from '../../core/firewall.ts';
import { Attempt, closeReport, openReport } from '../shared/attempt.ts';
import type { Channel } from '../shared/channels.ts';
import { foreign } from '../shared/marks.ts';
import type { StoredList } from './bucket.ts';
import { changeList, type ListMeans } from './change.ts';
import { readList } from './list-text.ts';

/** Members as lines of a list in the bucket, which firewalls fetch by themselves. */
export function pullChannel(means: ListMeans): Channel {
  const { bucket, marks, read, may } = means;
  const existing = async (object: ObjectRef): Promise<StoredList> => {
    const list = await read(object);
    if (!list) throw new ZonebridgeError('firewall/object-missing', `there is no list ${object.name}`);
    return list;
  };
  return {
    observeObject: async (object) => {
      const list = await read(object);
      return { exists: list !== undefined, comment: list?.comment ?? '' };
    },
    observeMembers: async (object) => [...readList((await existing(object)).text)],
    observeSome: async (object, addresses) => {
      const entries = readList((await existing(object)).text);
      return new Map(addresses.map((address) => [address, entries.has(address)]));
    },
    apply: async (changes) => {
      const attempt = new Attempt();
      const reports: ObjectReport[] = [];
      for (const change of changes) reports.push(await applyOne(change, means, attempt));
      return reports;
    },
    // Readers do not tell what they do with a list.
    references: async () => ({ count: undefined, users: [] }),
    deleteObject: async (object) => {
      const list = await read(object);
      if (!list) return;
      if (!marks.isOurs(object.name, list.comment)) throw foreign(object.name);
      await bucket.remove(object.name, await may(`DELETE ${object.name}`));
    },
  };
}

async function applyOne(changes: ObjectChanges, means: ListMeans, attempt: Attempt): Promise<ObjectReport> {
  const report = openReport(changes);
  const outcome = await attempt.step(async () => await changeList(changes, means, report));
  if (outcome.state === 'done') return closeReport(report);
  if (changes.createWith) report.created = outcome;
  for (const address of [...changes.add, ...changes.remove])
    if (!report.outcomes.has(address)) report.outcomes.set(address, outcome);
  return closeReport(report);
}
