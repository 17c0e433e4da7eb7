import type { ArchivePorts } from '../../audit/append.ts';
import { forHistory } from '../../audit/for-history.ts';
import { type AuditRecord, dayOf } from '../../audit/record.ts';
import type { ActiveConfiguration } from '../../state/configurations.ts';
import { headKey, historyKeys, readHead } from '../../state/history.ts';
import { inParallel } from '../../state/items.ts';
import { listLedger } from '../../state/ledger.ts';
import { groupsOn } from '../../targets.ts';
import { type Period, changesOf } from './changes.ts';
import { type Finding, type Link, verifyChain } from './verify-chain.ts';
import { parseSegmentKey, readSegment } from '../../audit/segment.ts';

export interface Verification {
  subject: string;
  objects: number;
  /** Each once, however often it was delivered. */
  records: number;
  findings: Finding[];
}

/** Younger things may be on their way through the stream. */
const settledMs = 2 * 60_000;
const dayMs = 86_400_000;

/**
 * Looks whether the archive of a subject is whole in a period: the chain of its objects, what each holds, and that index, archive and
 * ledger know the same. Reads everything in the period; changes nothing.
 */
export async function verifyArchive(
  ports: ArchivePorts,
  active: ActiveConfiguration,
  request: { subject: string; period: Period; historyDays: number },
): Promise<Verification> {
  const { subject, period } = request;
  // Before the archive: what the index knows then has been archived before.
  const indexed = await changesOf(ports, { kind: 'firewall', firewall: subject }, period);
  const head = readHead((await ports.tables.read([headKey(subject)]))[0]);
  const links = await readLinks(ports, subject, period);
  const findings = verifyChain(links, { hub: ports.hub, subject, head, until: dayOf(period.to) });
  const records = new Map<string, AuditRecord>();
  for (const { segment } of links)
    for (const record of segment?.records ?? []) records.set(record.id, record);
  const place = { subject, period, now: ports.clock.now() };
  findings.push(...notArchived(indexed, records, place));
  findings.push(...(await notIndexed(ports, links, { ...place, historyDays: request.historyDays })));
  findings.push(...(await unrecorded(ports, active, { ...place, records })));
  return { subject, objects: links.length, records: records.size, findings };
}

interface Place {
  subject: string;
  period: Period;
  now: number;
}

/** Objects of the days of the period, and of the day after: a batch may have been written after midnight. */
async function readLinks(ports: ArchivePorts, subject: string, { from, to }: Period): Promise<Link[]> {
  const days: string[] = [];
  for (let time = from; dayOf(time) <= dayOf(to + dayMs); time += dayMs) days.push(dayOf(time));
  const keys: string[] = [];
  for (const day of days) {
    let after: string | undefined;
    do {
      const page = await ports.archive.list(`${ports.hub}/${subject}/${day}/`, after);
      keys.push(...page.keys);
      after = page.next;
    } while (after !== undefined);
  }
  return inParallel(keys, 8, async (key) => {
    const body = await ports.archive.read(key);
    try {
      return { key, place: parseSegmentKey(key), segment: body && readSegment(body), problem: undefined };
    } catch (error) {
      return { key, place: parseSegmentKey(key), segment: undefined, problem: String(error) };
    }
  });
}

function notArchived(
  indexed: readonly AuditRecord[],
  records: ReadonlyMap<string, AuditRecord>,
  { subject }: Place,
): Finding[] {
  return indexed
    .filter(({ id }) => !records.has(id))
    .map((record) => ({
      what: 'not-archived',
      subject,
      text: `the index knows ${nameOf(record)}, the archive does not`,
    }));
}

async function notIndexed(
  ports: ArchivePorts,
  links: readonly Link[],
  { subject, period, now, historyDays }: Place & { historyDays: number },
): Promise<Finding[]> {
  const oldest = now - historyDays * dayMs;
  const settled = links.flatMap(({ segment }) =>
    segment && segment.header.writtenAt < now - settledMs ? [segment] : [],
  );
  const expected = settled
    .flatMap(({ records }) => forHistory(records))
    .filter(({ at }) => at > oldest && at >= period.from && at <= period.to);
  const rows = expected.flatMap((record) => historyKeys(record).map((key) => ({ record, key })));
  const items = await ports.tables.read(rows.map(({ key }) => key));
  return rows
    .filter((_, index) => items[index] === undefined)
    .map(({ record, key }) => ({
      what: 'not-indexed',
      subject,
      text: `the archive knows ${nameOf(record)}, the index lacks ${key.pk}`,
    }));
}

/** What the ledger says was done in the period and is still there must be in the archive. */
async function unrecorded(
  ports: ArchivePorts,
  active: ActiveConfiguration,
  about: Place & { records: ReadonlyMap<string, AuditRecord> },
): Promise<Finding[]> {
  const { subject, period, now, records } = about;
  const known = new Set([...records.values()].map((record) => stepOf(record, record.after?.since)));
  const until = Math.min(period.to, now - settledMs);
  const places = groupsOn(active.configuration, subject);
  const lists = await inParallel(places, 4, async ({ group }) => {
    const rows = await listLedger(ports.tables, subject, group.name);
    return rows.map(({ realm, address, row }) => ({
      group: group.name,
      realm,
      address,
      since: row.changedAt,
    }));
  });
  return lists
    .flat()
    .filter(({ since }) => since >= period.from && since <= until)
    .filter((row) => !known.has(stepOf(row, row.since)))
    .map(({ group, address, since }) => ({
      what: 'unrecorded',
      subject,
      text: `the ledger changed ${address} of ${group} at ${new Date(since).toISOString()}, the archive knows nothing of it`,
    }));
}

function stepOf({ group, realm, address }: Partial<AuditRecord>, since: number | undefined): string {
  return JSON.stringify([group, realm, address, since]);
}

function nameOf({ kind, address, group, at, id }: AuditRecord): string {
  const what = [kind, address, group].filter((part) => part !== undefined).join(' ');
  return `${what} of ${new Date(at).toISOString()} (${id})`;
}
