import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { ItemUpdate, Item, Key, Queues, Tables } from '../../core/ports.ts';
import { names } from '../names.ts';
import { type FirewallRecords, parseRecords, recordsText } from './firewall-records.ts';
import { count, text, texts } from './items.ts';
import { type Pause, readPauses } from './pauses.ts';

/** Row of a writer key in `control`: lease and fence, the woken flag, and a record per firewall. */
export interface WriterState {
  fence: number;
  /** Not 0 when nobody holds it: the run that held it left work anywhere, because it died or ended early. */
  leaseUntil: number;
  /** `firewall#bucket` entries that were dirtied since the last run; empty = look everywhere. */
  woken: readonly string[];
  wokenAt: number;
  /** Firewalls that the next run asks whatever their circuit says, because somebody mended something or saw a failure. */
  probe: readonly string[];
  /** A lease that ends later than any can, and since when it was seen. */
  leaseSeen: { fence: number; at: number } | undefined;
  /** When a firewall of this writer was last written to, for pacing. */
  lastWriteAt: number;
  firewalls: FirewallRecords;
  /** By firewall. */
  pauses: ReadonlyMap<string, Pause>;
}

/** Of a lease that is free, and whose run did not look at everything that it took. */
const unfinished = 1;

export function writerRow(writerKey: string): Key {
  return { table: 'control', pk: `writer|${writerKey}` };
}

export function readWriter(item: Item | undefined): WriterState {
  return {
    fence: count(item, 'fence'),
    leaseUntil: count(item, 'leaseUntil'),
    woken: texts(item, 'woken'),
    wokenAt: count(item, 'wokenAt'),
    probe: texts(item, 'probe'),
    leaseSeen: count(item, 'leaseSeenAt')
      ? { fence: count(item, 'leaseSeenFence'), at: count(item, 'leaseSeenAt') }
      : undefined,
    lastWriteAt: count(item, 'lastWriteAt'),
    firewalls: parseRecords(text(item, 'firewalls')),
    pauses: readPauses(item),
  };
}

export interface WakeRequest {
  hub: string;
  network: string;
  writerKey: string;
  /** `firewall#bucket` of what became dirty; empty asks the run to look everywhere. */
  parts: readonly string[];
  now: number;
}

/** Sets the woken flag; only whoever set it first for a firewall sends the wake-up. */
export async function wake(ports: { tables: Tables; queues: Queues }, request: WakeRequest): Promise<void> {
  const parts = request.parts.length > 0 ? request.parts : [everything];
  const before = await ports.tables.write({
    key: writerRow(request.writerKey),
    update: { addToSet: { woken: parts }, setIfAbsent: { wokenAt: request.now } },
  });
  const woken = new Set(readWriter(before).woken.map(firewallOfPart));
  if (woken.has(everything) || parts.every((part) => woken.has(firewallOfPart(part)))) return;
  await sendWakeUp(ports.queues, request);
}

/** Stands in the woken set for all firewalls of the writer. */
const everything = '*';

/** `*`, or the firewall of a `firewall#bucket` part. */
function firewallOfPart(part: string): string {
  return part.split('#', 1)[0] ?? part;
}

/** Asks the next run to call this firewall whatever its circuit says; somebody has to wake it. */
export async function askProbe(tables: Tables, writerKey: string, firewall: string): Promise<void> {
  await tables.write({ key: writerRow(writerKey), update: { addToSet: { probe: [firewall] } } });
}

const retryGroupEnd = '#retry';

/**
 * Sends without looking at the flag: for the sweep, which renews wake-ups that may have been lost, and for retries. Those have a
 * message group of their own: one that waits would keep the wake-ups of its group waiting.
 */
export async function sendWakeUp(
  queues: Queues,
  request: { hub: string; network: string; writerKey: string; retry?: boolean },
): Promise<void> {
  const { hub, network, writerKey, retry } = request;
  const group = retry ? `${writerKey}${retryGroupEnd}` : writerKey;
  await queues.send({
    queue: names.wakeQueue(hub, network),
    body: JSON.stringify({ writer: writerKey }),
    group,
  });
}

/** Whether a wake-up is a retry, by its message group. */
export function isRetry(group: string | undefined): boolean {
  return group?.endsWith(retryGroupEnd) === true;
}

/** The longest lease; a function ends before two of them are over. */
export const longestLeaseMs = 75_000;

export interface Lease {
  writerKey: string;
  fence: number;
  until: number;
  /** State as it was found. */
  found: WriterState;
}

/** Takes the lease with a new fence and clears the woken flag and the probes asked for. Throws `sync/lease-held`. */
export async function takeLease(
  tables: Tables,
  request: { writerKey: string; now: number; lengthMs: number },
): Promise<Lease> {
  const until = request.now + request.lengthMs;
  try {
    const before = await tables.write({
      key: writerRow(request.writerKey),
      update: { set: { leaseUntil: until }, add: { fence: 1 }, remove: ['woken', 'wokenAt', 'probe'] },
      if: [{ attribute: 'leaseUntil', is: 'absent or <', value: request.now }],
    });
    const found = readWriter(before);
    return { writerKey: request.writerKey, fence: found.fence + 1, until, found };
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    throw new ZonebridgeError('sync/lease-held', `another run holds the lease of ${request.writerKey}`, {
      cause: error,
    });
  }
}

/** Makes every run that holds the lease now an old one, without taking the lease from it. Returns the new fence. */
export async function raiseFence(tables: Tables, writerKey: string, by = 1): Promise<number> {
  const before = await tables.write({ key: writerRow(writerKey), update: { add: { fence: by } } });
  return readWriter(before).fence + by;
}

/**
 * Frees a lease that ends later than any lease can: the clock of whoever took it ran ahead, and nobody else would write until ours is
 * there. Only when the same lease was seen for so long that its run must have ended, whatever any clock says.
 */
export async function freeLeaseAhead(
  tables: Tables,
  writerKey: string,
  { state, now }: { state: WriterState; now: number },
): Promise<void> {
  const { fence, leaseUntil, leaseSeen } = state;
  if (leaseUntil - now <= longestLeaseMs) return;
  const known = leaseSeen?.fence === fence && leaseSeen.at <= now;
  if (known && now - leaseSeen.at < 2 * longestLeaseMs) return;
  const update: ItemUpdate = known
    ? { set: { leaseUntil: unfinished }, remove: ['leaseSeenFence', 'leaseSeenAt'] }
    : { set: { leaseSeenFence: fence, leaseSeenAt: now } };
  await writeUnderLease(tables, { writerKey, until: leaseUntil }, update);
}

export interface RunResult {
  now: number;
  lastWriteAt: number;
  firewalls: FirewallRecords;
  /** `firewall#bucket` parts that this run left alone: they stay woken, so that their changes send no further wake-ups. */
  leftAlone: readonly string[];
  /** It ended early: what it left may lie anywhere. */
  endedEarly: boolean;
}

/** Gives the lease back and changes nothing else; one that somebody else has taken since is left alone. */
export async function releaseLease(tables: Tables, lease: Lease): Promise<void> {
  await writeUnderLease(tables, lease, { set: { leaseUntil: 0 } });
}

/** Gives the lease back and notes how the run ended. A run that lost its lease changes nothing. */
export async function endLease(tables: Tables, lease: Lease, result: RunResult): Promise<void> {
  const { now, lastWriteAt, firewalls, leftAlone, endedEarly } = result;
  const leaseUntil = endedEarly ? unfinished : 0;
  const set: Item = { leaseUntil, lastWriteAt, firewalls: recordsText(firewalls) };
  const stayWoken =
    leftAlone.length === 0 ? {} : { addToSet: { woken: leftAlone }, setIfAbsent: { wokenAt: now } };
  await writeUnderLease(tables, lease, { set, ...stayWoken });
}

async function writeUnderLease(
  tables: Tables,
  lease: Pick<Lease, 'writerKey' | 'until'>,
  update: ItemUpdate,
): Promise<void> {
  try {
    await tables.write({
      key: writerRow(lease.writerKey),
      update,
      // Not the fence: a person's order raises it, and the run that is interrupted so still gives its lease back.
      if: [{ attribute: 'leaseUntil', is: '=', value: lease.until }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}
