import { ZonebridgeError } from '../../core/errors.ts';
import type {
  ConnectionRequest,
  DeviceIdentity,
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import { Attempt, closeReport, openReport } from '../shared/attempt.ts';
import { foreign, marks } from '../shared/marks.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import { ListBucket, type StoredList } from './bucket.ts';
import { changeList } from './change.ts';
import { readList } from './list-text.ts';
import type { PullListSettings } from './schema.ts';

/** The version of the S3 API; a bucket has no software of its own. */
const version = 'S3 2006-03-01';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<PullListSettings>): FirewallConnection {
  const { settings, clock } = request;
  const bucket = new ListBucket(settings);
  const seen = marks((name) => request.commentFor(name));
  let identity: DeviceIdentity | undefined;

  const may = async (call: string): Promise<number> => await admit(request, call, settings.timeoutMs);
  const read = async ({ name }: ObjectRef): Promise<StoredList | undefined> =>
    await repeatRead(clock, async () => await bucket.read(name, await may(`GET ${name}`)));
  const existing = async (object: ObjectRef): Promise<StoredList> => {
    const list = await read(object);
    if (!list) throw new ZonebridgeError('firewall/object-missing', `there is no list ${object.name}`);
    return list;
  };

  return {
    identity: async () => {
      await repeatRead(clock, async () => await bucket.look(await may(`HEAD ${settings.bucket}`)));
      identity = { serial: settings.bucket, version };
      return identity;
    },
    lastIdentity: () => identity,
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
      for (const change of changes)
        reports.push(await applyOne(change, { attempt, bucket, settings, marks: seen, read, may }));
      return reports;
    },
    // Readers do not tell what they do with a list.
    references: async () => ({ count: undefined, users: [] }),
    deleteObject: async (object) => {
      const list = await read(object);
      if (!list) return;
      if (!seen.isOurs(object.name, list.comment)) throw foreign(object.name);
      await bucket.remove(object.name, await may(`DELETE ${object.name}`));
    },
    usage: () => ({ ...bucket.traffic }),
    close: async () => undefined,
  };
}

async function applyOne(
  changes: ObjectChanges,
  means: Omit<Parameters<typeof changeList>[1], 'report'> & { attempt: Attempt },
): Promise<ObjectReport> {
  const report = openReport(changes);
  const { attempt, ...rest } = means;
  const outcome = await attempt.step(async () => await changeList(changes, { ...rest, report }));
  if (outcome.state === 'done') return closeReport(report);
  if (changes.createWith) report.created = outcome;
  for (const address of [...changes.add, ...changes.remove])
    if (!report.outcomes.has(address)) report.outcomes.set(address, outcome);
  return closeReport(report);
}
