import { isZonebridgeError } from '../../core/errors.ts';
import { circuitOpenUntil, isIll, leftAloneUntil } from '../../core/model/trouble.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { dirtyBuckets, readDirty } from '../state/dirty.ts';
import { recordOf } from '../state/firewall-records.ts';
import { inParallel } from '../state/items.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { readWriter, sendWakeUp, wake, type WriterState, writerRow } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';
import { sweepCluster } from './sweep-cluster.ts';

/** A wake-up that nobody answered for this long was lost. */
const wokenMaxAgeMs = 60_000;
/** Dirty rows looked at per bucket, to find the oldest. */
const dirtySample = 100;

/** The second net, once a minute: lost wake-ups, unfinished endpoints, old tombstones; and the figures that alarms stand on. */
export async function sweep(ports: Ports, configurations: Configurations): Promise<void> {
  const active = await activeOrNone(configurations);
  if (!active) return;
  const firewalls = Object.entries(active.configuration.firewalls);
  const byWriter = Map.groupBy(firewalls, ([, settings]) => writerKeyOf(ports.firewalls, settings));
  await inParallel([...byWriter], 8, async ([writerKey, entries]) => {
    const network = entries[0]?.[1].network ?? '';
    await sweepWriter(ports, active, { writerKey, network, firewalls: entries.map(([id]) => id) });
  });
  await inParallel([...active.clusters.values()], 8, (cluster) => sweepCluster(ports, active, cluster));
}

/** Before the first `apply` there is nothing to sweep, and no reason for an alarm. */
async function activeOrNone(configurations: Configurations): Promise<ActiveConfiguration | undefined> {
  try {
    return await configurations.active();
  } catch (error) {
    if (isZonebridgeError(error, 'configuration/missing')) return undefined;
    throw error;
  }
}

async function sweepWriter(
  ports: Ports,
  active: ActiveConfiguration,
  writer: { writerKey: string; network: string; firewalls: readonly string[] },
): Promise<void> {
  const { tables, telemetry } = ports;
  const now = ports.clock.now();
  const [item] = await tables.read([writerRow(writer.writerKey)]);
  const state = readWriter(item);
  let needed = state.probe.length > 0;
  for (const firewall of writer.firewalls) {
    const { trouble } = recordOf(state.firewalls, firewall);
    const oldest = await oldestDirty(ports, firewall);
    const open = circuitOpenUntil(trouble, now) !== undefined;
    if (leftAloneUntil(trouble, now) === undefined) needed ||= oldest !== undefined || isIll(trouble);
    const since = Math.min(oldest ?? now, trouble.behindSince ?? now);
    telemetry.metric(metrics.behind.name, Math.max(0, Math.round((now - since) / 1000)), { firewall });
    telemetry.metric(metrics.failures.name, trouble.failures, { firewall });
    telemetry.metric(metrics.circuit.name, open ? 1 : 0, { firewall });
    telemetry.metric(metrics.budget.name, secondsSince(trouble.budgetSince, now), { firewall });
    telemetry.metric(metrics.held.name, await heldOn(ports, active, firewall), { firewall });
  }
  const request = { ...writer, hub: ports.hub };
  if (state.leaseUntil >= now) return;
  if (wasLost(state, writer.firewalls, now)) await sendWakeUp(ports.queues, request);
  else if (needed && state.woken.length === 0) await wake(ports, { ...request, parts: [], now });
}

function secondsSince(time: number | undefined, now: number): number {
  return Math.max(0, Math.round((now - (time ?? now)) / 1000));
}

/** A wake-up that nobody answered for so long. What is woken for a firewall that is left alone waits for its time. */
function wasLost(state: WriterState, firewalls: readonly string[], now: number): boolean {
  const waits = (part: string): boolean =>
    firewalls.some(
      (firewall) =>
        part.startsWith(`${firewall}#`) &&
        leftAloneUntil(recordOf(state.firewalls, firewall).trouble, now) !== undefined,
    );
  return state.wokenAt < now - wokenMaxAgeMs && state.woken.some((part) => !waits(part));
}

async function oldestDirty(ports: Ports, firewall: string): Promise<number | undefined> {
  const times: number[] = [];
  for (let bucket = 0; bucket < dirtyBuckets; bucket++) {
    const { rows } = await readDirty(ports.tables, firewall, bucket, dirtySample);
    times.push(...rows.map(({ time }) => time));
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

async function heldOn(ports: Ports, active: ActiveConfiguration, firewall: string): Promise<number> {
  const groups = groupsOn(active.configuration, firewall);
  const items = await ports.tables.read(groups.map(({ group }) => objectKey(firewall, group.name)));
  return items.reduce((sum, item) => sum + readObject(item, 0).held, 0);
}
