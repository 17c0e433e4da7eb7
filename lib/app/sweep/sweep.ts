import { isZonebridgeError } from '../../core/errors.ts';
import { leftAloneUntil } from '../../core/model/trouble.ts';
import type { Bus, BusEvent } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import { type Announcement, tellAll } from '../state/announcements.ts';
import type { ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { recordOf } from '../state/firewall-records.ts';
import { inParallel } from '../state/items.ts';
import {
  freeLeaseAhead,
  readWriter,
  sendWakeUp,
  wake,
  type WriterState,
  writerRow,
} from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import { sweepCanary } from '../rollout/canary.ts';
import { measureHalfPublished } from '../rollout/half-published.ts';
import { releaseWaiting } from '../rollout/release.ts';
import { sweepCluster } from './sweep-cluster.ts';
import { sweepFirewall } from './sweep-firewall.ts';
import { sweepOrphans } from './sweep-orphans.ts';
import { sweepPulses } from './sweep-pulses.ts';
import { sweepQuarantines } from './sweep-quarantines.ts';

/** A wake-up that nobody answered for this long was lost. */
const wokenMaxAgeMs = 60_000;

/** The second net, once a minute: lost wake-ups, unfinished endpoints, old tombstones; and the figures that alarms stand on. */
export async function sweep(ports: Ports, configurations: Configurations, bus?: Bus): Promise<void> {
  const found = await activeOrNone(configurations);
  if (!found) return;
  try {
    await sweepAll(ports, configurations, found);
  } finally {
    // Whatever went wrong: what waits to be told must not pile up.
    if (bus) await tellWaiting(ports, bus);
  }
}

async function sweepAll(
  ports: Ports,
  configurations: Configurations,
  found: ActiveConfiguration,
): Promise<void> {
  // First: what the rest does must not take a lost table for an empty one.
  await sweepPulses(ports, found);
  const active = await sweepCanary(ports, configurations, found);
  await releaseWaiting(ports, active);
  await measureHalfPublished(ports, active);
  const firewalls = Object.entries(active.configuration.firewalls);
  const byWriter = Map.groupBy(firewalls, ([, settings]) => writerKeyOf(ports.firewalls, settings));
  await inParallel([...byWriter], 8, async ([writerKey, entries]) => {
    const network = entries[0]?.[1].network ?? '';
    await sweepWriter(ports, active, { writerKey, network, firewalls: entries.map(([id]) => id) });
  });
  await sweepQuarantines(ports, active);
  await inParallel([...active.clusters.values()], 8, (cluster) => sweepCluster(ports, active, cluster));
  await sweepOrphans(ports, active);
}

async function tellWaiting({ tables, telemetry }: Ports, bus: Bus): Promise<void> {
  const untold = await tellAll(tables, (announcements) => bus.put(announcements.map(toEvent)));
  if (untold > 0) telemetry.warn('announcements left out', { count: untold });
}

function toEvent({ id, type, at, detail }: Announcement): BusEvent {
  return { type, detail: JSON.stringify({ schema: 1, id, at, ...detail }) };
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
  const { tables } = ports;
  const now = ports.clock.now();
  const [item] = await tables.read([writerRow(writer.writerKey)]);
  const state = readWriter(item);
  let needed = state.probe.length > 0;
  for (const firewall of writer.firewalls)
    needed = (await sweepFirewall(ports, active, { firewall, writer: state })) || needed;
  const request = { ...writer, hub: ports.hub };
  await freeLeaseAhead(tables, writer.writerKey, { state, now });
  if (state.leaseUntil >= now) return;
  if (wasLost(state, writer.firewalls, now) && !active.paused) await sendWakeUp(ports.queues, request);
  else if (needed && state.woken.length === 0) await wake(ports, { ...request, parts: [], now });
}

/** A wake-up that nobody answered for so long. What is woken for a firewall that is left alone waits for its time. */
function wasLost(state: WriterState, firewalls: readonly string[], now: number): boolean {
  const waits = (part: string): boolean =>
    firewalls.some(
      (firewall) =>
        part.startsWith(`${firewall}#`) &&
        leftAloneUntil(recordOf(state.firewalls, firewall).trouble, now) !== undefined,
    );
  return Math.abs(now - state.wokenAt) > wokenMaxAgeMs && state.woken.some((part) => !waits(part));
}
