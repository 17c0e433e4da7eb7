import { isZonebridgeError, refusesAll, ZonebridgeError } from '../../core/errors.ts';
import { daysLeft } from '../../core/model/certificate.ts';
import type { Item, SecretStage } from '../../core/ports.ts';
import { deliveries } from '../deliveries.ts';
import { measureSilentReaders } from '../lists/silent-readers.ts';
import { metrics } from '../metrics.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import type { ActiveConfiguration, Configurations } from '../state/configurations.ts';
import {
  identityChange,
  identityKey,
  readHandover,
  readIdentity,
  storeCertificate,
  storeComparisonCalls,
  storeHandover,
  storeIdentity,
} from '../state/identities.ts';
import { count, texts } from '../state/items.ts';
import { askProbe, wake } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';
import { openFirewall, type OpenFirewall } from '../sync/connect.ts';
import { admitComparison } from './admit-comparison.ts';
import { ledgerStands } from './lost.ts';
import { reconcileGroup } from './reconcile-group.ts';

export interface ReconcileRequest {
  firewall: string;
  reason: string;
  /** Given by the command line, to find the result. */
  requestId?: string | undefined;
}

/** Figures of one comparison; kept in `control` for `status`. */
export interface ReconcileResult {
  removedByHand: number;
  lost: number;
  foreign: number;
  open: number;
  staleAllow: number;
}

/** Requests that are remembered as answered, for those who wait for them. */
const answersKept = 200;
const deviceBudgetMs = 240_000;

/**
 * Compares a firewall with the ledger and the wish. Reads the device and never writes to it: what differs becomes `unknown` and dirty,
 * and the sync repairs it. Rows that changed after the comparison began are left alone.
 */
export async function reconcileFirewall(
  ports: DevicePorts,
  configurations: Configurations,
  request: ReconcileRequest,
): Promise<ReconcileResult> {
  const active = await configurations.active();
  // Before the bucket is asked: who stopped fetching is worth knowing most while it is ill.
  await measureSilentReaders(ports, active.configuration, request.firewall);
  const startedAt = ports.clock.now();
  const deadline = startedAt + deviceBudgetMs;
  const network = active.configuration.firewalls[request.firewall]?.network;
  const result: ReconcileResult = { removedByHand: 0, lost: 0, foreign: 0, open: 0, staleAllow: 0 };
  try {
    const budget = await admitComparison(ports, active, { firewall: request.firewall, deadline });
    const open = await openFirewall(ports, active.configuration, {
      firewall: request.firewall,
      deadline,
      takeCall: (now) => budget.take(now),
    });
    try {
      await compareAll(ports, active, open, { startedAt, result });
    } finally {
      await open.connection.close();
      await storeComparisonCalls(ports.tables, open.id, { calls: budget.counts, until: 0 });
    }
    const credential = open.connection.credentialStage();
    await note(ports, request, { startedAt, network, result, error: '', credential });
  } catch (error) {
    const text = isZonebridgeError(error) ? `${error.code}: ${error.message}` : 'unexpected error';
    await note(ports, request, { startedAt, network, result, error: text, credential: 'current' });
    await letSyncAsk(ports, active, { firewall: request.firewall, error });
    throw error;
  }
  return result;
}

/** The sync keeps the record of trouble: what a comparison met it has to see itself, also when nothing is dirty. */
async function letSyncAsk(
  ports: Ports,
  { configuration }: ActiveConfiguration,
  { firewall, error }: { firewall: string; error: unknown },
): Promise<void> {
  const settings = configuration.firewalls[firewall];
  const met = isZonebridgeError(error) && error.code.startsWith('firewall/');
  if (!settings || !met || isZonebridgeError(error, 'firewall/circuit-open', 'firewall/budget-used')) return;
  const writerKey = writerKeyOf(ports.firewalls, settings);
  await askProbe(ports.tables, writerKey, firewall);
  const { hub, clock } = ports;
  await wake(ports, { hub, network: settings.network, writerKey, parts: [], now: clock.now() });
}

async function compareAll(
  ports: Ports,
  active: ActiveConfiguration,
  open: OpenFirewall,
  into: { startedAt: number; result: ReconcileResult },
): Promise<void> {
  const { result, startedAt } = into;
  const [item] = await ports.tables.read([identityKey(open.id)]);
  const known = readIdentity(item);
  const identity = await open.connection.identity();
  const change = known ? identityChange(known, identity) : 'first comparison';
  if (change !== undefined)
    ports.telemetry.info('device identity', { firewall: open.id, change, ...identity });
  const otherDevice = known !== undefined && change !== undefined;
  const handover = otherDevice ? { from: startedAt, until: startedAt } : readHandover(item);
  const failures: ZonebridgeError[] = [];
  const compare = async ({ group, target }: ReturnType<typeof groupsOn>[number]): Promise<void> => {
    const found = await reconcileGroup(ports, {
      active,
      open,
      group,
      target,
      startedAt,
      sameDevice: change === undefined,
      otherDevice,
      handover,
      stillSameDevice: async () =>
        (await ledgerStands(ports.tables, open.id, readHandover(item))) &&
        identityChange(identity, await open.connection.identity()) === undefined,
    });
    for (const name of Object.keys(result) as (keyof ReconcileResult)[]) result[name] += found[name];
  };
  for (const published of groupsOn(active.configuration, open.id)) {
    try {
      await compare(published);
    } catch (error) {
      if (!concernsOneObject(error)) throw error;
      failures.push(error);
    }
  }
  await noteCertificate(ports, open);
  tellDifferences(ports, open.id, { result, whole: failures.length === 0 });
  // Before the identity is stored: what could not be read was not compared with the device that this is now.
  if (failures.length > 0) throw togetherOf(failures);
  if (otherDevice) {
    const until = ports.clock.now() + deliveries.wake.timeout * 1000;
    await storeHandover(ports.tables, open.id, { from: startedAt, until });
  }
  await storeIdentity(ports.tables, open.id, identity, ports.clock.now());
  const { network } = open.settings;
  const writerKey = writerKeyOf(ports.firewalls, open.settings);
  await wake(ports, { hub: ports.hub, network, writerKey, parts: [], now: ports.clock.now() });
}

/** What a part of the groups tells raises an alarm and ends none. */
function tellDifferences(
  { telemetry }: Ports,
  firewall: string,
  { result, whole }: { result: ReconcileResult; whole: boolean },
): void {
  const drift = result.removedByHand + result.foreign + result.lost;
  if (whole || drift > 0) telemetry.metric(metrics.drift.name, drift, { firewall });
  if (whole || result.staleAllow > 0)
    telemetry.metric(metrics.staleAllow.name, result.staleAllow, { firewall });
}

/** What the device says of one object, and what trying again does not mend, keeps no other group from being compared. */
function concernsOneObject(error: unknown): error is ZonebridgeError {
  if (!isZonebridgeError(error) || !error.code.startsWith('firewall/')) return false;
  return error.retry === 'never' && !refusesAll(error);
}

function togetherOf(failures: readonly ZonebridgeError[]): ZonebridgeError {
  const [first] = failures;
  if (first && failures.length === 1) return first;
  const shown = failures.slice(0, 3).map(({ message }) => message);
  const text = `${failures.length} groups could not be compared: ${shown.join('; ')}`;
  return new ZonebridgeError(first?.code ?? 'firewall/unexpected-answer', text, { cause: first });
}

/** Every firewall is compared regularly, so that none is forgotten for lack of changes. */
async function noteCertificate(ports: Ports, { id: firewall, connection }: OpenFirewall): Promise<void> {
  const certificate = connection.certificate?.();
  if (!certificate) return;
  await storeCertificate(ports.tables, firewall, certificate);
  const days = daysLeft(certificate.validTo, ports.clock.now());
  ports.telemetry.metric(metrics.certificate.name, days, { firewall });
}

async function note(
  ports: Ports,
  request: ReconcileRequest,
  end: {
    startedAt: number;
    network: string | undefined;
    result: ReconcileResult;
    error: string;
    credential: SecretStage;
  },
): Promise<void> {
  const { startedAt, network, result, error, credential } = end;
  const { reason, requestId } = request;
  const set: Item = { ...result, reason, startedAt, finishedAt: ports.clock.now(), error, credential };
  const addToSet = requestId === undefined ? {} : { answered: [requestId] };
  const key = { table: 'control', pk: `reconcile|${request.firewall}` } as const;
  const counted = error === '' ? { set: { ...set, failures: 0 } } : { set, add: { failures: 1 } };
  const before = await ports.tables.write({ key, update: { ...counted, addToSet } });
  const failures = error === '' ? 0 : count(before, 'failures') + 1;
  if (network) ports.telemetry.metric(metrics.comparisonFailures.name, failures, { network });
  // Nobody waits longer than a few minutes.
  if (texts(before, 'answered').length > answersKept) {
    await ports.tables.write({ key, update: { remove: ['answered'] } });
  }
}
