import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { contentHash } from '../../core/model/content-hash.ts';
import {
  claimedAddresses,
  compareVersions,
  type EndpointRecord,
  type Version,
} from '../../core/model/endpoint.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import { asResolved } from '../balancers/as-resolved.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointKey,
  intendedMemberships,
  ownerKey,
  readEndpoint,
  readOwner,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { claimAddresses } from './claim-addresses.ts';
import { desired } from './desired.ts';
import { followQuarantines } from './follow-quarantines.ts';
import { noteNamed } from '../state/named.ts';
import { reevaluate } from './reevaluate.ts';
import { settle } from './settle.ts';

/** One change of one endpoint, already checked. `record` is undefined for a removal. */
export interface Change {
  id: string;
  version: Version;
  time: number;
  cause: Cause;
  /** Sequence at which its agent saw that it has its addresses; undefined when that is not known. */
  since?: number | undefined;
  record: EndpointRecord | undefined;
}

export interface IngestContext {
  ports: Ports;
  active: ActiveConfiguration;
  cluster: ActiveCluster;
  /** What became dirty; the caller wakes the firewalls once for all of it. */
  marks: { firewall: string; key: string }[];
}

/** Former addresses that are kept per endpoint; a pod has one in its life, so more are a sign of something odd. */
const formerMax = 64;

/** How often a lost race is repeated with fresh state before the message goes back to its queue. */
const attempts = 8;

/**
 * Brings one endpoint up to date: conditional write of the endpoint, its memberships, its address claims and the dirty rows.
 * Older and repeated changes finish what an earlier try left and change nothing else. Returns whether the hub knew it otherwise.
 */
export async function applyChange(context: IngestContext, change: Change): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryChange(context, change);
    } catch (error) {
      if (attempt >= attempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    }
  }
}

async function tryChange(context: IngestContext, change: Change): Promise<boolean> {
  const { ports, cluster } = context;
  const claimed = claimedAddresses(change.record);
  const [item, ...ownerItems] = await ports.tables.read([
    endpointKey(cluster.id, change.id),
    ...claimed.map((address) => ownerKey(cluster.realm, address)),
  ]);
  const stored = readEndpoint(change.id, item);
  if (stored && compareVersions(change.version, stored.version) <= 0) {
    await finish(context, stored, change);
    return false;
  }
  if (stored && stored.generation > context.active.generation) {
    throw new ZonebridgeError('store/unavailable', 'a newer configuration was activated meanwhile');
  }
  if (change.record && stored?.record && stored.generation < context.active.generation) {
    // What the configuration changes is told, and braked, as that, and not as a change in the cluster.
    await reevaluate(context, stored, stored.record);
    return tryChange(context, change);
  }
  const owners = new Map(claimed.map((address, index) => [address, readOwner(ownerItems[index])]));
  await followQuarantines(context, change.id, claimed);
  const before = stored?.record;
  const { excluded, refused, writes, steps } = await claimAddresses(context, change, owners, { before });
  const told = withResolved(change.record, before);
  const record = told && asResolved(cluster, told);
  if (record?.hostNames) await noteNamed(ports.tables, cluster.id, change.id, ports.clock.now());
  const { keys, refused: outside } = desired(context, record, excluded);
  const endpoint = nextRow(context, { change, record, stored, refused: [...refused, ...outside] });
  reportRefusals(context, endpoint);
  await settle(context, {
    endpoint,
    keys,
    cause: causeOf(change),
    witnessed: change.cause === 'watch',
    time: change.time,
    writes,
    steps,
  });
  // An expired row has no hash, and a tombstone neither.
  return endpoint.contentHash !== (stored?.contentHash ?? '');
}

/** The row after the change; its memberships are still those that were written before. */
function nextRow(
  { ports, active }: IngestContext,
  next: {
    change: Change;
    record: EndpointRecord | undefined;
    stored: StoredEndpoint | undefined;
    refused: string[];
  },
): StoredEndpoint {
  const { change, record, stored, refused } = next;
  return {
    id: change.id,
    version: change.version,
    generation: active.generation,
    record,
    contentHash: change.record ? contentHash(change.record) : '',
    memberships: stored?.memberships ?? [],
    todo: [],
    time: change.time,
    deletedAt: change.record ? undefined : ports.clock.now(),
    former: formerAddresses(stored, change.record),
    refused,
    left: stored?.left ?? [],
    expired: [],
    revision: stored?.revision ?? 0,
  };
}

/** An agent knows the names alone: what was found behind those that it still tells stays. */
function withResolved(
  record: EndpointRecord | undefined,
  before: EndpointRecord | undefined,
): EndpointRecord | undefined {
  const kept = before?.resolved?.filter(({ name }) => record?.hostNames?.includes(name)) ?? [];
  return record && kept.length > 0 ? { ...record, resolved: kept } : record;
}

/** Addresses it had and has no more: a pod that ended and is then removed still holds the claim to the one it ran with. */
function formerAddresses(stored: StoredEndpoint | undefined, record: EndpointRecord | undefined): string[] {
  const had = new Set([...(stored?.former ?? []), ...claimedAddresses(stored?.record)]);
  for (const address of claimedAddresses(record)) had.delete(address);
  return [...had].slice(-formerMax);
}

/** A repeated or late record completes what its first time left undone, and wakes once more in case that was lost. */
async function finish(context: IngestContext, stored: StoredEndpoint, change: Change): Promise<void> {
  const same = compareVersions(change.version, stored.version) === 0;
  if (stored.todo.length > 0) {
    const witnessed = same && change.cause === 'watch';
    return finishSteps(context, stored, { cause: causeOf(change), witnessed });
  }
  if (!same) return;
  for (const key of stored.memberships) {
    const group = context.active.configuration.groups[parseMembershipKey(key).group];
    for (const target of group?.publish ?? []) context.marks.push({ firewall: target.firewall, key });
  }
}

/** Writes the steps that an interrupted settling left. */
export async function finishSteps(
  context: IngestContext,
  stored: StoredEndpoint,
  why: { cause: Cause; witnessed: boolean },
): Promise<void> {
  const keys = intendedMemberships(stored);
  await settle(context, { endpoint: stored, keys, ...why, time: stored.time, writes: [], steps: [] });
}

const newNamespaceMs = 10 * 60_000;

/** A pod in a namespace that has just been made counts as growth by a new namespace, which the brakes look at. */
function causeOf(change: Change): Cause {
  const created = change.record?.namespaceCreated;
  const fresh = created !== undefined && change.time - created < newNamespaceMs;
  return change.cause === 'watch' && fresh ? 'namespace' : change.cause;
}

function reportRefusals(context: IngestContext, endpoint: StoredEndpoint): void {
  if (endpoint.refused.length === 0) return;
  const { telemetry } = context.ports;
  telemetry.metric('RecordsRefused', endpoint.refused.length, { cluster: context.cluster.key });
  telemetry.warn('addresses refused', {
    cluster: context.cluster.key,
    endpoint: endpoint.id,
    refused: endpoint.refused.slice(0, 5),
  });
}
