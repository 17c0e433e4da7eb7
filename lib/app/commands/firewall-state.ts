import type { DeviceCertificate, DeviceIdentity, FirewallDescription } from '../../core/firewall.ts';
import type { Item } from '../../core/ports.ts';
import { callsPerMinute } from '../budgets.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { freezeAt, type InFreeze, readFreezes } from '../freezes.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import type { ReconcileResult } from '../reconcile/reconcile-firewall.ts';
import { dirtyBuckets, type DirtyRow, readDirty } from '../state/dirty.ts';
import { configurationPointer } from '../state/configurations.ts';
import { identityKey, readCertificate, readIdentity } from '../state/identities.ts';
import { inParallel, count, text, texts } from '../state/items.ts';
import { circuitOpenUntil, leftAloneUntil } from '../../core/model/trouble.ts';
import { recordOf } from '../state/firewall-records.ts';
import { everything, type Pause, readPauses } from '../state/pauses.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { groupsOn, moduleOf, writerKeyOf } from '../targets.ts';
import { unknownFirewall } from '../unknown-name.ts';

/** How a firewall stands, in one word. `circuit open`: we leave it alone until a person mended it or a quarter of an hour is over. */
export type Health =
  | 'in step'
  | 'working'
  | 'behind'
  | 'short of calls'
  | 'circuit open'
  | 'not reached yet'
  | 'paused';

export interface Comparison extends ReconcileResult {
  finishedAt: number;
  reason: string;
  /** Requests that found their answer here, lately. */
  answered: readonly string[];
  /** Empty when it went well. */
  error: string;
  /** Stage of the secret whose value the device accepted. */
  credential: string;
}

/** What the hub knows of a firewall; times in milliseconds since 1970. */
export interface FirewallState {
  firewall: string;
  kind: string;
  network: string;
  writerKey: string;
  health: Health;
  /** Oldest change that the firewall does not have yet, or begin of the trouble. */
  behindSince: number | undefined;
  /** Addresses it still has to look at; a lower bound when there are very many. */
  dirty: number;
  lastSuccess: number | undefined;
  failures: number;
  lastError: string | undefined;
  circuitUntil: number | undefined;
  /** When it is called again, while it is left alone. */
  nextAttempt: number | undefined;
  /** Since when our own budget of calls has not sufficed. */
  budgetSince: number | undefined;
  /** Calls a minute that we allow ourselves. */
  callsPerMinute: number;
  /** Minutes until everything dirty is done when only the budget of calls delays it; undefined: nothing is dirty. */
  catchUpMinutes: number | undefined;
  /** Its own pause, or the one of all firewalls. */
  paused: Pause | undefined;
  /** A change freeze holds, or no maintenance window is open. */
  closed: InFreeze | undefined;
  identity: (DeviceIdentity & { comparedAt: number }) | undefined;
  comparison: Comparison | undefined;
  /** As the last comparison met it. */
  certificate: DeviceCertificate | undefined;
}

const dirtySample = 1_000;
/** A change that is younger is on its way, an older one is late. */
const lateMs = 30_000;

export async function readFirewallState(
  ports: Ports,
  configuration: Configuration,
  firewall: string,
): Promise<FirewallState> {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  const module = moduleOf(ports.firewalls, settings);
  const perMinute = callsPerMinute(module, settings);
  const request = { module, groups: groupsOn(configuration, firewall) };
  const writerKey = writerKeyOf(ports.firewalls, settings);
  const [[writerItem, identityItem, comparisonItem, pointer], rows] = await Promise.all([
    ports.tables.read([
      writerRow(writerKey),
      identityKey(firewall),
      comparisonKey(firewall),
      configurationPointer,
    ]),
    dirtyRows(ports, firewall),
  ]);
  const now = ports.clock.now();
  const writer = readWriter(writerItem);
  const { trouble } = recordOf(writer.firewalls, firewall);
  const since = [...rows.map(({ time }) => time), ...(trouble.behindSince ? [trouble.behindSince] : [])];
  const behindSince = since.length === 0 ? undefined : Math.min(...since);
  const asked = writer.probe.includes(firewall);
  const circuitUntil = asked ? undefined : circuitOpenUntil(trouble, now);
  const identity = readIdentity(identityItem);
  const paused = readPauses(pointer).get(everything) ?? writer.pauses.get(firewall);
  return {
    firewall,
    kind: settings.kind,
    network: settings.network,
    writerKey,
    health: paused ? 'paused' : healthOf({ ...trouble, circuitUntil, behindSince, now }),
    behindSince,
    dirty: rows.length,
    lastSuccess: trouble.lastSuccess || undefined,
    failures: trouble.failures,
    lastError: trouble.lastError,
    circuitUntil,
    budgetSince: trouble.budgetSince,
    callsPerMinute: perMinute,
    catchUpMinutes: rows.length === 0 ? undefined : Math.ceil(callsFor(request, rows) / perMinute),
    nextAttempt: asked ? undefined : leftAloneUntil(trouble, now),
    paused,
    closed: freezeAt(
      readFreezes(approvalRules(configuration).freeze, configuration.firewalls),
      firewall,
      now,
    ),
    identity: identity && { ...identity, comparedAt: count(identityItem, 'comparedAt') },
    comparison: readComparison(comparisonItem),
    certificate: readCertificate(identityItem),
  };
}

/** Calls for so many changes: an address may be added or removed, which is not known before it is looked at. */
function callsFor(
  { module, groups }: { module: FirewallDescription; groups: ReturnType<typeof groupsOn> },
  rows: readonly DirtyRow[],
): number {
  const byGroup = Map.groupBy(rows, ({ group }) => group);
  let calls = 0;
  for (const { group, target } of groups) {
    const costs = module.facts.channels[target.channel]?.calls;
    const changes = byGroup.get(group.name)?.length ?? 0;
    if (costs && changes > 0)
      calls += costs.apply + costs.object + changes * Math.max(costs.add, costs.remove);
  }
  return Math.ceil(calls);
}

function healthOf(state: {
  budgetSince?: number | undefined;
  circuitUntil: number | undefined;
  failures: number;
  behindSince: number | undefined;
  lastSuccess: number;
  now: number;
}): Health {
  if (state.circuitUntil !== undefined) return 'circuit open';
  if (state.failures > 0) return 'behind';
  if (state.budgetSince !== undefined) return 'short of calls';
  if (state.behindSince !== undefined) return state.now - state.behindSince > lateMs ? 'behind' : 'working';
  return state.lastSuccess === 0 ? 'not reached yet' : 'in step';
}

async function dirtyRows(ports: Ports, firewall: string): Promise<DirtyRow[]> {
  const buckets = Array.from({ length: dirtyBuckets }, (_, bucket) => bucket);
  const pages = await inParallel(buckets, dirtyBuckets, (bucket) =>
    readDirty(ports.tables, firewall, bucket, dirtySample),
  );
  return pages.flatMap(({ rows }) => rows);
}

/** Row of `control` with the figures of the last comparison. */
export function comparisonKey(firewall: string): { table: 'control'; pk: string } {
  return { table: 'control', pk: `reconcile|${firewall}` };
}

export function readComparison(item: Item | undefined): Comparison | undefined {
  if (!item) return undefined;
  return {
    finishedAt: count(item, 'finishedAt'),
    reason: text(item, 'reason') ?? '',
    answered: texts(item, 'answered'),
    error: text(item, 'error') ?? '',
    credential: text(item, 'credential') ?? 'current',
    removedByHand: count(item, 'removedByHand'),
    lost: count(item, 'lost'),
    foreign: count(item, 'foreign'),
    open: count(item, 'open'),
    staleAllow: count(item, 'staleAllow'),
  };
}
