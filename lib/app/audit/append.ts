import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { Archive, Clock, Tables } from '../../core/ports.ts';
import { type ChainHead, headKey, moveHead, readHead } from '../state/history.ts';
import { type AuditRecord, dayOf } from './record.ts';
import { parseSegmentKey, readSegment, type Segment, segmentKey, writeSegment } from './segment.ts';

export interface ArchivePorts {
  hub: string;
  archive: Archive;
  tables: Tables;
  clock: Clock;
}

/** Others may append at the same time, each of them once before us. */
const attempts = 50;

/**
 * Appends records to the chain of a subject, in one new object. Safe against crashes, repetition and others who append: the object is
 * made first, under a key that can be made once, then the head moves. Who finds the next key taken adopts that object and goes on behind it.
 */
export async function appendRecords(
  ports: ArchivePorts,
  subject: string,
  records: readonly AuditRecord[],
): Promise<void> {
  let head = await findHead(ports, subject);
  let left = await withoutKnown(ports, subject, head, records);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const today = dayOf(ports.clock.now());
    const day = head && head.day > today ? head.day : today;
    const open =
      head && head.day !== day ? await segmentAt(ports, subject, head.day, head.sequence + 1) : undefined;
    if (!open) {
      if (left.length === 0) return;
      const made = await make(ports, { subject, day, head, records: left });
      if (made) {
        await advance(ports, subject, head, made);
        return;
      }
    }
    const there = open ?? (await segmentAt(ports, subject, day, (head?.sequence ?? 0) + 1));
    if (!there) continue;
    head = await advance(ports, subject, head, headOf(there));
    const known = new Set(there.records.map(({ id }) => id));
    left = left.filter(({ id }) => !known.has(id));
  }
  throw new ZonebridgeError('store/unavailable', `others keep appending to the archive of ${subject}`);
}

async function make(
  ports: ArchivePorts,
  work: { subject: string; day: string; head: ChainHead | undefined; records: readonly AuditRecord[] },
): Promise<ChainHead | undefined> {
  const { subject, day, head, records } = work;
  const about = {
    hub: ports.hub,
    subject,
    day,
    sequence: (head?.sequence ?? 0) + 1,
    previous: head?.hash ?? '',
    writtenAt: ports.clock.now(),
  };
  const { body, hash } = writeSegment(about, records);
  if (!(await ports.archive.create(segmentKey(about), body))) return undefined;
  return { sequence: about.sequence, hash, day, newest: newestOf(records, head?.newest ?? '') };
}

/** The head as it is now: ours, or that of somebody who was faster. */
async function advance(
  ports: ArchivePorts,
  subject: string,
  from: ChainHead | undefined,
  to: ChainHead,
): Promise<ChainHead> {
  try {
    await ports.tables.write(moveHead(subject, from, to));
    return to;
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    return readHead((await ports.tables.read([headKey(subject)]))[0]) ?? to;
  }
}

/** The head; when its row is lost, the last object that there is. */
async function findHead(ports: ArchivePorts, subject: string): Promise<ChainHead | undefined> {
  const known = readHead((await ports.tables.read([headKey(subject)]))[0]);
  if (known) return known;
  let last: string | undefined;
  let after: string | undefined;
  do {
    const page = await ports.archive.list(`${ports.hub}/${subject}/`, after);
    last = page.keys.at(-1) ?? last;
    after = page.next;
  } while (after !== undefined);
  const place = last === undefined ? undefined : parseSegmentKey(last);
  const segment = place && (await segmentAt(ports, subject, place.day, place.sequence));
  return segment && advance(ports, subject, undefined, headOf(segment));
}

async function segmentAt(
  ports: ArchivePorts,
  subject: string,
  day: string,
  sequence: number,
): Promise<Segment | undefined> {
  const body = await ports.archive.read(segmentKey({ hub: ports.hub, subject, day, sequence }));
  return body && readSegment(body);
}

/** A batch that is delivered again may lie in the last object already. */
async function withoutKnown(
  ports: ArchivePorts,
  subject: string,
  head: ChainHead | undefined,
  records: readonly AuditRecord[],
): Promise<readonly AuditRecord[]> {
  if (!head || records.every(({ sequence }) => isNewer(sequence, head.newest))) return records;
  const last = await segmentAt(ports, subject, head.day, head.sequence);
  const known = new Set(last?.records.map(({ id }) => id));
  return records.filter(({ id }) => !known.has(id));
}

function headOf({ header, hash, records }: Segment): ChainHead {
  return { sequence: header.sequence, day: header.day, hash, newest: newestOf(records, '') };
}

function newestOf(records: readonly AuditRecord[], before: string): string {
  return records.reduce((newest, { sequence }) => (isNewer(sequence, newest) ? sequence : newest), before);
}

/** Numbers of a stream are long: as texts without leading zeros the longer one is the greater. */
function isNewer(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}
