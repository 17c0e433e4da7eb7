import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import type { ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { dirtyBuckets, type DirtyRow, readDirty } from '../state/dirty.ts';
import { identityKey } from '../state/identities.ts';
import { inParallel } from '../state/items.ts';
import { type Lease, longestLeaseMs, takeLease } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import { runPass } from './pass.ts';
import { RunContext, type RunEnd } from './run-context.ts';

/** No new pass begins after this part of the lease. */
const passMarginMs = 35_000;
const rowsPerPass = 1_000;
/** More than one row at a time means that changes come faster than calls: then calls keep this distance, so that each carries more. */
const writeSpacingMs = 500;
/** A firewall that is behind is drained in larger parts: fewer calls carry more. */
const rowsPerPassBehind = 4_000;
/** With fewer calls left than any change may need nothing is begun: who it is, whose the object is, making it, the change. */
const leastCalls = 6;
/** A run that finds work this often has a fault; it stops and a fresh one looks. */
const passesMax = 500;

/** Brings every firewall of a writer key in step with what is dirty for it. The only place that writes to devices. */
export async function syncFirewall(
  ports: DevicePorts,
  configurations: Configurations,
  writerKey: string,
): Promise<RunEnd> {
  let lease: Lease;
  try {
    lease = await takeLease(ports.tables, { writerKey, now: ports.clock.now(), lengthMs: longestLeaseMs });
  } catch (error) {
    if (isZonebridgeError(error, 'sync/lease-held')) return { postponeSeconds: 5, error };
    throw error;
  }
  const context = new RunContext(ports, lease);
  let failure: ZonebridgeError | undefined;
  try {
    const active = await readActive(context, configurations, writerKey);
    // What is dirty stays so; `resume` wakes.
    context.firewalls = context.firewalls.filter((firewall) => !lease.found.pauses.has(firewall));
    if (active.paused || context.firewalls.length === 0) return await context.leave();
    await drain(context, active);
  } catch (error) {
    // Before the first `apply` there is nothing to be behind with.
    if (isZonebridgeError(error, 'configuration/missing')) return await context.leave();
    failure = isZonebridgeError(error)
      ? error
      : new ZonebridgeError('store/unavailable', `unexpected: ${(error as Error).message}`, { cause: error });
    if (!isZonebridgeError(error))
      ports.telemetry.warn('run failed', { writerKey, stack: (error as Error).stack });
  } finally {
    await context.close();
  }
  return context.end(failure);
}

/** Reads configuration and known identities in one go. */
async function readActive(
  context: RunContext,
  configurations: Configurations,
  writerKey: string,
): Promise<ActiveConfiguration> {
  const { ports } = context;
  const guess = configurations.cached();
  const guessed = guess ? firewallsOf(ports, guess, writerKey) : [];
  const [pointer, ...identities] = await ports.tables.read([
    configurations.pointer,
    ...guessed.map(identityKey),
  ]);
  const active = await configurations.from(pointer);
  context.active = active;
  context.firewalls = firewallsOf(ports, active, writerKey);
  if (active === guess)
    guessed.forEach((firewall, index) => context.identityItems.set(firewall, identities[index]));
  return active;
}

function firewallsOf(ports: Ports, active: ActiveConfiguration, writerKey: string): string[] {
  const all = Object.entries(active.configuration.firewalls);
  return all.filter(([, settings]) => writerKeyOf(ports.firewalls, settings) === writerKey).map(([id]) => id);
}

async function drain(context: RunContext, active: ActiveConfiguration): Promise<void> {
  const { ports, lease } = context;
  const { woken, leaseUntil } = lease.found;
  // After a run that left work, that is read back before anything is judged by it: what it may have put on a firewall counts as there.
  let parts = woken.includes('*') || leaseUntil > 0 ? [] : woken;
  for (let pass = 0; pass < passesMax; pass++) {
    const callable = context.callable();
    const { rows, more } = await readParts(context, callable, parts);
    if (rows.length === 0) {
      await endWell(context, callable);
      return;
    }
    const wait = context.lastWriteAt + writeSpacingMs - ports.clock.now();
    // A longer wait was written by a clock that ran ahead.
    if (rows.length > 1 && wait > 0 && wait <= writeSpacingMs) {
      await ports.clock.sleep(wait);
      parts = [];
      continue;
    }
    let failed = false;
    for (const [firewall, mine] of Map.groupBy(rows, (row) => row.firewall))
      failed = !(await drainOne(context, active, { firewall, rows: mine })) || failed;
    if (rows.length === 1 && !more && !failed) {
      await endWell(context, callable);
      return;
    }
    if (ports.clock.now() > lease.until - passMarginMs) {
      throw new ZonebridgeError('sync/lease-lost', 'the lease nears its end, a fresh run goes on');
    }
    parts = [];
  }
}

/** One pass over one firewall; false when it failed, which concerns no other firewall. */
async function drainOne(
  context: RunContext,
  active: ActiveConfiguration,
  work: { firewall: string; rows: DirtyRow[] },
): Promise<boolean> {
  const { firewall } = work;
  const started = context.ports.clock.now();
  try {
    if (context.budgetOf(firewall).left(started) < leastCalls) {
      context.waitForBudget(firewall);
      return true;
    }
    const totals = await context.totalsOf(firewall);
    const writes = await runPass({ run: context, active, totals, ...work });
    if (writes > 0) context.lastWriteAt = started;
    context.looked([firewall]);
    return true;
  } catch (error) {
    await context.failed(firewall, error);
    return false;
  }
}

/**
 * Nothing is left to do for these. One that was ill, and may have had nothing to do, is asked who it is first. That only some parts
 * were read says nothing against the others: they were looked at when they became dirty.
 */
async function endWell(context: RunContext, callable: readonly string[]): Promise<void> {
  for (const firewall of callable) await probe(context, firewall);
  context.looked(callable);
}

async function probe(context: RunContext, firewall: string): Promise<void> {
  const { state, ports } = context;
  while (state.isOnProbe(firewall) && state.mayCall(firewall, ports.clock.now())) {
    try {
      await context.open(firewall);
      return;
    } catch (error) {
      await context.failed(firewall, error);
    }
  }
}

async function readParts(
  context: RunContext,
  firewalls: readonly string[],
  parts: readonly string[],
): Promise<{ rows: DirtyRow[]; more: boolean }> {
  const everywhere = firewalls.flatMap((firewall) =>
    Array.from({ length: dirtyBuckets }, (_, bucket) => ({ firewall, bucket })),
  );
  // What is left of earlier tries lies anywhere.
  const places = everywhere.filter(
    ({ firewall, bucket }) =>
      parts.length === 0 || parts.includes(`${firewall}#${bucket}`) || context.state.isBehind(firewall),
  );
  const behind = firewalls.some((firewall) => context.state.isBehind(firewall));
  const limit = Math.ceil((behind ? rowsPerPassBehind : rowsPerPass) / dirtyBuckets);
  const pages = await inParallel(places, 8, ({ firewall, bucket }) =>
    readDirty(context.ports.tables, firewall, bucket, limit),
  );
  return { rows: pages.flatMap((page) => page.rows), more: pages.some((page) => page.more) };
}
