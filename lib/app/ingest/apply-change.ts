import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { contentHash } from '../../core/model/content-hash.ts';
import { compareVersions, type EndpointRecord, type Version } from '../../core/model/endpoint.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Write } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointKey,
  globalEndpointId,
  intendedMemberships,
  type Owner,
  ownerKey,
  parseGlobalEndpointId,
  readEndpoint,
  readOwner,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { claimedAddresses, judgeClaim } from './claims.ts';
import { desired } from './desired.ts';
import { evict } from './evict.ts';
import { followQuarantines } from './follow-quarantines.ts';
import { reevaluate } from './reevaluate.ts';
import { type Intended, settle } from './settle.ts';

/** One change of one endpoint, already checked. `record` is undefined for a removal. */
export interface Change {
  id: string;
  version: Version;
  time: number;
  cause: Cause;
  record: EndpointRecord | undefined;
}

export interface IngestContext {
  ports: Ports;
  active: ActiveConfiguration;
  cluster: ActiveCluster;
  /** What became dirty; the caller wakes the firewalls once for all of it. */
  marks: { firewall: string; key: string }[];
}

/** Items that evictions may take of a transaction, beside the endpoint, its owner rows and the losers. */
const evictionItems = 48;

/** Former addresses that are kept per endpoint; a pod has one in its life, so more are a sign of something odd. */
const formerMax = 64;

/** How often a lost race is repeated with fresh state before the message goes back to its queue. */
const attempts = 8;

/**
 * Brings one endpoint up to date: conditional write of the endpoint, its memberships, its address claims and the dirty rows.
 * Older and repeated changes finish what an earlier try left and change nothing else.
 */
export async function applyChange(context: IngestContext, change: Change): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await tryChange(context, change);
      return;
    } catch (error) {
      if (attempt >= attempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    }
  }
}

async function tryChange(context: IngestContext, change: Change): Promise<void> {
  const { ports, cluster } = context;
  const claimed = claimedAddresses(change.record);
  const [item, ...ownerItems] = await ports.tables.read([
    endpointKey(cluster.id, change.id),
    ...claimed.map((address) => ownerKey(cluster.realm, address)),
  ]);
  const stored = readEndpoint(change.id, item);
  if (stored && compareVersions(change.version, stored.version) <= 0) {
    await finish(context, stored, change);
    return;
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
  await evaluate(context, change, { stored, owners });
}

/**
 * An endpoint that was refused an address of another cluster takes it when that one has it no more. For the sweep; throws
 * `store/condition-failed` when the row changed meanwhile.
 */
export async function claimAgain(context: IngestContext, stored: StoredEndpoint): Promise<void> {
  const { id, version, time, record, generation } = stored;
  if (!record || generation !== context.active.generation) return;
  const change: Change = { id, version, time, cause: 'relist', record };
  const claimed = claimedAddresses(record);
  const items = await context.ports.tables.read(
    claimed.map((address) => ownerKey(context.cluster.realm, address)),
  );
  const owners = new Map(claimed.map((address, index) => [address, readOwner(items[index])]));
  const { refused } = await claim(context, change, owners);
  const before = stored.refused.filter(isClaimedTwice).length;
  if (refused.filter(isClaimedTwice).length < before) await evaluate(context, change, { stored, owners });
}

export function isClaimedTwice(refusal: string): boolean {
  return refusal.startsWith('address/claimed-twice');
}

/** Claims, memberships and dirty rows of a record that is new, or has to be looked at anew. */
async function evaluate(
  context: IngestContext,
  change: Change,
  known: { stored: StoredEndpoint | undefined; owners: Map<string, Owner | undefined> },
): Promise<void> {
  const { ports } = context;
  const { stored, owners } = known;
  await followQuarantines(context, change.id, claimedAddresses(change.record));
  const { excluded, refused, writes, steps } = await claim(context, change, owners);
  const { keys, refused: outside } = desired(context, change.record, excluded);
  const endpoint: StoredEndpoint = {
    id: change.id,
    version: change.version,
    generation: context.active.generation,
    record: change.record,
    contentHash: change.record ? contentHash(change.record) : '',
    memberships: stored?.memberships ?? [],
    todo: [],
    time: change.time,
    deletedAt: change.record ? undefined : ports.clock.now(),
    former: formerAddresses(stored, change.record),
    refused: [...refused, ...outside],
    expired: [],
    revision: stored?.revision ?? 0,
  };
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

interface Claims {
  /** Addresses that belong to somebody else. */
  excluded: Set<string>;
  refused: string[];
  writes: Write[];
  steps: Intended[];
}

/** Takes the addresses of the record, evicting older claims. */
async function claim(
  context: IngestContext,
  change: Change,
  owners: Map<string, Owner | undefined>,
): Promise<Claims> {
  const { cluster, active } = context;
  const claims: Claims = { excluded: new Set(), refused: [], writes: [], steps: [] };
  const endpoint = globalEndpointId(cluster.id, change.id);
  const losers = new Map<string, string[]>();
  for (const [address, owner] of owners) {
    let verdict = judgeClaim(
      { endpoint, version: change.version, time: change.time, cluster },
      owner,
      active,
    );
    if (verdict.verdict === 'refused' && owner && (await isGone(context, owner, address)))
      verdict = { verdict: 'take', evicts: undefined };
    if (verdict.verdict === 'lost' || verdict.verdict === 'refused') {
      claims.excluded.add(address);
      claims.refused.push(
        verdict.verdict === 'lost'
          ? `${address} belongs to ${verdict.to} now`
          : `address/claimed-twice: ${address} is also used by cluster ${verdict.other} of realm ${cluster.realm}`,
      );
      continue;
    }
    if (verdict.verdict === 'keep') continue;
    if (verdict.evicts !== undefined)
      losers.set(verdict.evicts, [...(losers.get(verdict.evicts) ?? []), address]);
    claims.writes.push({
      key: ownerKey(cluster.realm, address),
      put: { endpoint, epoch: change.version.epoch, sequence: change.version.sequence, time: change.time },
      if: [
        owner
          ? { attribute: 'endpoint', is: '=', value: owner.endpoint }
          : { attribute: 'endpoint', is: 'absent' },
      ],
    });
  }
  const room = Math.floor(evictionItems / Math.max(1, losers.size));
  for (const [loser, addresses] of losers) await evict(context, { loser, addresses, room, into: claims });
  return claims;
}

/** The owner was removed, ended, or has other addresses now. */
async function isGone(context: IngestContext, owner: Owner, address: string): Promise<boolean> {
  const { cluster, id } = parseGlobalEndpointId(owner.endpoint);
  const [item] = await context.ports.tables.read([endpointKey(cluster, id)]);
  return !claimedAddresses(readEndpoint(id, item)?.record).includes(address);
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
