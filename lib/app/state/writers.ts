import { isZonebridgeError, refusesAll, ZonebridgeError } from '../../core/errors.ts';
import type { Item, ItemUpdate, Key, Queues, Tables } from '../../core/ports.ts';
import { names } from '../names.ts';
import { count, text, texts } from './items.ts';

/** Row of a writer key in `control`: lease and fence, the woken flag, how long it is behind, the circuit, and size totals per firewall. */
export interface WriterState {
  fence: number;
  leaseUntil: number;
  /** `firewall#bucket` entries that were dirtied since the last run; empty = look everywhere. */
  woken: readonly string[];
  wokenAt: number;
  behindSince: number | undefined;
  failures: number;
  lastError: string | undefined;
  circuitUntil: number;
  lastSuccess: number;
  /** When a firewall of this writer was last written to, for pacing. */
  lastWriteAt: number;
  totals: Record<string, FirewallTotals>;
}

/** What we keep on a firewall in all, for the brake over the whole of it. */
export interface FirewallTotals {
  size: number;
  windowStart: number;
  sizeAtStart: number;
  /** When the identity of the device was last read. */
  identityAt: number;
}

export function writerRow(writerKey: string): Key {
  return { table: 'control', pk: `writer|${writerKey}` };
}

export function readWriter(item: Item | undefined): WriterState {
  return {
    fence: count(item, 'fence'),
    leaseUntil: count(item, 'leaseUntil'),
    woken: texts(item, 'woken'),
    wokenAt: count(item, 'wokenAt'),
    behindSince: typeof item?.['behindSince'] === 'number' ? item['behindSince'] : undefined,
    failures: count(item, 'failures'),
    lastError: text(item, 'lastError'),
    circuitUntil: count(item, 'circuitUntil'),
    lastSuccess: count(item, 'lastSuccess'),
    lastWriteAt: count(item, 'lastWriteAt'),
    totals: parseTotals(text(item, 'totals')),
  };
}

function parseTotals(source: string | undefined): Record<string, FirewallTotals> {
  return source === undefined ? {} : (JSON.parse(source) as Record<string, FirewallTotals>);
}

export interface WakeRequest {
  hub: string;
  network: string;
  writerKey: string;
  /** `firewall#bucket` of what became dirty; empty asks the run to look everywhere. */
  parts: readonly string[];
  now: number;
}

/** Sets the woken flag; only whoever set it first sends the wake-up. */
export async function wake(ports: { tables: Tables; queues: Queues }, request: WakeRequest): Promise<void> {
  const parts = request.parts.length > 0 ? request.parts : ['*'];
  const before = await ports.tables.write({
    key: writerRow(request.writerKey),
    update: { addToSet: { woken: parts }, setIfAbsent: { wokenAt: request.now } },
  });
  if (readWriter(before).woken.length === 0) await sendWakeUp(ports.queues, request);
}

/** Sends without looking at the flag: for the sweep, which renews wake-ups that may have been lost. */
export async function sendWakeUp(
  queues: Queues,
  request: { hub: string; network: string; writerKey: string },
): Promise<void> {
  await queues.send({
    queue: names.wakeQueue(request.hub, request.network),
    body: JSON.stringify({ writer: request.writerKey }),
    group: request.writerKey,
  });
}

export interface Lease {
  writerKey: string;
  fence: number;
  until: number;
  /** State as it was found. */
  found: WriterState;
}

/** Takes the lease with a new fence and clears the woken flag. Throws `sync/lease-held`. */
export async function takeLease(
  tables: Tables,
  request: { writerKey: string; now: number; lengthMs: number },
): Promise<Lease> {
  const until = request.now + request.lengthMs;
  try {
    const before = await tables.write({
      key: writerRow(request.writerKey),
      update: { set: { leaseUntil: until }, add: { fence: 1 }, remove: ['woken', 'wokenAt'] },
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

export interface RunResult {
  now: number;
  lastWriteAt: number;
  totals: Record<string, FirewallTotals>;
  /** Undefined when everything went well. */
  error: ZonebridgeError | undefined;
}

/** How long a writer whose credentials or certificate were refused is left alone, to keep the administrator from being locked out. */
const circuitMs = 15 * 60_000;

/** Gives the lease back and changes nothing else; one that somebody else has taken since is left alone. */
export async function releaseLease(tables: Tables, lease: Lease): Promise<void> {
  await writeUnderLease(tables, lease, { set: { leaseUntil: 0 } });
}

async function writeUnderLease(tables: Tables, lease: Lease, update: ItemUpdate): Promise<void> {
  try {
    await tables.write({
      key: writerRow(lease.writerKey),
      update,
      if: [{ attribute: 'fence', is: '=', value: lease.fence }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}

/** Gives the lease back and notes how the run ended; returns the state afterwards. A run that lost its lease changes nothing. */
export async function endLease(
  tables: Tables,
  lease: Lease,
  result: RunResult,
): Promise<{ failures: number; behindSince: number | undefined }> {
  const set: Item = { leaseUntil: 0, totals: JSON.stringify(result.totals), lastWriteAt: result.lastWriteAt };
  const remove: string[] = [];
  const failures = result.error ? lease.found.failures + 1 : 0;
  const behindSince = result.error ? (lease.found.behindSince ?? result.now) : undefined;
  if (result.error) {
    Object.assign(set, {
      failures,
      behindSince,
      lastError: `${result.error.code}: ${result.error.message}`.slice(0, 400),
    });
    if (refusesAll(result.error)) set['circuitUntil'] = result.now + circuitMs;
  } else {
    set['lastSuccess'] = result.now;
    remove.push('failures', 'behindSince', 'lastError', 'circuitUntil');
  }
  await writeUnderLease(tables, lease, { set, remove });
  return { failures, behindSince };
}

/** Lets the next run try at once, after a person mended the credential. */
export async function closeCircuit(tables: Tables, writerKey: string): Promise<void> {
  await tables.write({ key: writerRow(writerKey), update: { remove: ['circuitUntil'] } });
}
