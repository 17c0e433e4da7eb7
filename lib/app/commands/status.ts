import type { Quarantine } from '../../core/plan/quarantine.ts';
import type { DeviceCertificate } from '../../core/firewall.ts';
import { certificateWarningDays, daysLeft } from '../../core/model/certificate.ts';
import type { WriteMode } from '../../core/model/address-group.ts';
import { expiredGroups, isOngoing } from '../../core/desired/silence.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import type { Item, Key } from '../../core/ports.ts';
import { unresolvedIn } from '../balancers/unresolved.ts';
import type { App } from '../compose.ts';
import {
  type AddressWarning,
  addressWarnings,
  groupSights,
  knownNetworks,
  type KnownNetwork,
} from '../network/sights.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type FoundLate, knownUntil, readCluster } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { count, inParallel, text } from '../state/items.ts';
import { wayBackStatus, type WayBackStatus } from '../way-back/way-back-status.ts';
import { type Proposal, proposalsIn, proposalsKey } from '../state/proposals.ts';
import { type LedgerEntry, listLedger, objectKey, readObject } from '../state/ledger.ts';
import { groupsOn, moduleOf } from '../targets.ts';
import { type FirewallState, readFirewallState } from './firewall-state.ts';
import { stateOf } from './groups.ts';
import { listReaders, type ReaderOfList } from './list-readers.ts';
import { type GroupPublication, publications, unsettledSince } from './publication.ts';

/** Members that the firewall refused for good: a person has to mend something. */
export interface FailedMembers {
  count: number;
  /** Codes of the refusals, each once. */
  codes: string[];
  /** The first few. */
  addresses: string[];
}

export interface GroupStatus {
  group: string;
  object: string;
  channel: string;
  mode: WriteMode;
  size: number;
  /** Changes that wait for a person, or for something to be mended. */
  held: number;
  /** Changes that go on by themselves when a freeze ends or a maintenance window opens. */
  frozen: number;
  /** Members that a person took off the firewall; `restore` brings them back. */
  withheld: number;
  failed: FailedMembers;
  /** Code of what is wrong with the object as a whole. */
  trouble: string | undefined;
  /** What a person called the object on the firewall, as the firewall tells it. */
  renamedTo: string | undefined;
  /** What is still needed before members written there act; undefined: nothing. */
  actsAfter: string | undefined;
  /** Oldest member that is not as it should be. */
  unsettledSince: number | undefined;
}

export interface FirewallStatus extends FirewallState {
  groups: GroupStatus[];
  /** Only where firewalls fetch lists from us. */
  readers: ReaderOfList[] | undefined;
}

/** Records that could not be used; the last one is described. */
export interface SetAside {
  count: number;
  code: string;
  message: string;
  at: number;
}

export interface ClusterStatus {
  cluster: string;
  /** 0: no agent has said hello yet. */
  epoch: number;
  agentVersion: string | undefined;
  heartbeatAt: number | undefined;
  /** Milliseconds since the agent was last heard, or heard its own Kubernetes API last. */
  silentMs: number | undefined;
  /** Kinds of objects of which the agent hears nothing from its Kubernetes API; silent because of it, unless it can do without them. */
  unheard: readonly string[];
  /** Groups that no longer have what this cluster gave them, because it is silent (`onSilence`). */
  expiredGroups: string[];
  endpoints: number;
  /** Changes the agent had not sent yet at its last heartbeat. */
  pending: number;
  verifiedShards: number;
  shards: number;
  /** Endpoints that the hub had wrong until a digest, a manifest or a new listing told. */
  foundLate: FoundLate;
  quarantine: SetAside | undefined;
  /** What was published for the cluster to have; undefined where nothing is written. */
  wayBack: WayBackStatus | undefined;
}

export interface Status {
  hub: string;
  now: number;
  generation: number;
  author: string;
  /** Who AWS says applied it; undefined when that is not known. */
  principal: string | undefined;
  activatedAt: number;
  firewalls: FirewallStatus[];
  clusters: ClusterStatus[];
  /** What is known of the networks of the clusters, in their order. */
  networks: KnownNetwork[];
  /** Groups whose addresses a firewall does not see, or that nobody tells or knows. */
  unseen: AddressWarning[];
  /** Groups of node addresses, which all pods of their nodes have; who that is takes a look at every endpoint, so `explain` tells it. */
  sharing: string[];
  /** Orders of persons in force. */
  quarantines: readonly Quarantine[];
  /** How many of its firewalls have each group. */
  publications: GroupPublication[];
  /** The active generation is on these firewalls only. */
  canary:
    | { firewalls: readonly string[]; base: number; since: number; promoteAt: number | undefined }
    | undefined;
  /** Clusters that asked for the agent by their tag and do not have it. */
  proposals: Proposal[];
  /** Events of senders that are no configured cluster. */
  unknownSenders: SetAside | undefined;
}

/** An agent says something every 30 seconds; after this it is silent. */
export const silentAfterMs = 120_000;

/** Everything an operator wants to see first; reads state only, no firewall. */
export async function readStatus({ ports, configurations }: App): Promise<Status> {
  const [pointer, unknown, asked] = await ports.tables.read([
    configurations.pointer,
    setAsideKey('unknown'),
    proposalsKey,
  ]);
  const active = await configurations.from(pointer);
  const { configuration } = active;
  const firewalls = await inParallel(Object.keys(configuration.firewalls), 8, async (firewall) => ({
    ...(await readFirewallState(ports, configuration, firewall)),
    groups: await groupStatuses(ports, active, firewall),
    readers: await listReaders(ports, configuration, firewall),
  }));
  const networks = await knownNetworks(ports, [...active.clusters.values()]);
  const places = firewalls.flatMap(({ firewall, groups }) => groups.map((group) => ({ firewall, ...group })));
  return {
    hub: ports.hub,
    now: ports.clock.now(),
    generation: active.generation,
    author: active.author,
    principal: active.principal,
    activatedAt: count(pointer, 'activatedAt'),
    canary: canaryStatus(active),
    proposals: Object.values(proposalsIn(asked)),
    firewalls,
    publications: await publications(ports, active, places),
    clusters: await inParallel([...active.clusters.values()], 8, (cluster) =>
      clusterStatus(ports, active, cluster),
    ),
    networks,
    unseen: [
      ...addressWarnings(configuration, groupSights(configuration, networks)),
      ...(await unresolvedIn(ports, active)),
    ],
    sharing: Object.values(configuration.groups).flatMap(({ name, addresses }) =>
      addresses === 'node' ? [name] : [],
    ),
    quarantines: active.quarantines.all,
    unknownSenders: readSetAside(unknown),
  };
}

/** A certificate that a person has to renew. */
export function endsSoon(certificate: DeviceCertificate | undefined, now: number): boolean {
  return certificate !== undefined && daysLeft(certificate.validTo, now) < certificateWarningDays;
}

function canaryStatus({ canary, activatedAt }: ActiveConfiguration): Status['canary'] {
  if (!canary) return undefined;
  const { firewalls, base, wellSince, promoteAfterMs } = canary;
  const promoteAt = promoteAfterMs === undefined ? undefined : wellSince + promoteAfterMs;
  return { firewalls, base, since: activatedAt, promoteAt };
}

/** Nothing in it needs a person. */
export function isWell(status: Status): boolean {
  const firewalls = status.firewalls.every(
    ({ health, groups, certificate }) =>
      !endsSoon(certificate, status.now) &&
      (health === 'in step' || health === 'working' || health === 'not reached yet') &&
      groups.every(({ held, failed, trouble }) => held === 0 && failed.count === 0 && trouble === undefined),
  );
  return (
    firewalls && status.clusters.every(({ silentMs }) => silentMs === undefined || silentMs < silentAfterMs)
  );
}

export async function groupStatuses(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
): Promise<GroupStatus[]> {
  const places = groupsOn(active.configuration, firewall);
  const settings = active.configuration.firewalls[firewall];
  const items = await ports.tables.read(places.map(({ group }) => objectKey(firewall, group.name)));
  return inParallel([...places.entries()], 4, async ([index, { group, target }]) => {
    const { object, counters, held, trouble, renamedTo } = readObject(items[index], ports.clock.now());
    const { channel, mode } = target;
    const rows = await listLedger(ports.tables, firewall, group.name);
    const frozen = rows.filter(({ row }) => row.held?.reason === 'frozen').length;
    const withheld = rows.filter(({ row }) => stateOf(row).state === 'withheld').length;
    const failed = failedMembers(rows);
    const { size } = counters;
    const since = unsettledSince(rows);
    const counts = { size, held: Math.max(0, held - frozen), frozen, withheld, failed };
    const facts = settings && moduleOf(ports.firewalls, settings).facts.channels[channel];
    const noted = { trouble, renamedTo, actsAfter: facts?.actsAfter, unsettledSince: since };
    return { group: group.name, object, channel, mode, ...counts, ...noted };
  });
}

/** What the firewalls refused for good, by group; groups without refusals are left out. */
export async function failedGroups({
  ports,
  configurations,
}: App): Promise<(FailedMembers & { firewall: string; group: string })[]> {
  const active = await configurations.active();
  const all = await inParallel(Object.keys(active.configuration.firewalls), 8, async (firewall) => {
    const groups = await groupStatuses(ports, active, firewall);
    return groups.map(({ group, failed }) => ({ firewall, group, ...failed }));
  });
  return all.flat().filter(({ count: members }) => members > 0);
}

const failedShown = 5;

function failedMembers(rows: readonly LedgerEntry[]): FailedMembers {
  const failed = rows.filter(({ row }) => stateOf(row).state === 'failed');
  return {
    count: failed.length,
    codes: [...new Set(failed.flatMap(({ row }) => row.failed?.code ?? []))],
    addresses: failed.slice(0, failedShown).map(({ address }) => address),
  };
}

async function clusterStatus(
  ports: Ports,
  active: ActiveConfiguration,
  cluster: ActiveCluster,
): Promise<ClusterStatus> {
  const [item, aside] = await ports.tables.read([clusterKey(cluster.id), setAsideKey(cluster.key)]);
  const state = readCluster(item);
  const heartbeatAt = state.heartbeatAt || undefined;
  const since = knownUntil(state);
  const silence = isOngoing(state.silence, since) ? state.silence : undefined;
  const groups = active.groups.map(({ group }) => group);
  return {
    cluster: cluster.key,
    epoch: state.epoch,
    agentVersion: state.agentVersion,
    heartbeatAt,
    silentMs: heartbeatAt === undefined ? undefined : Math.max(0, ports.clock.now() - since),
    unheard: state.unheard,
    expiredGroups: expiredGroups(groups, cluster.key, silence),
    endpoints: state.endpoints,
    pending: state.pending,
    verifiedShards: state.verifiedShards.size,
    shards: shardCount,
    foundLate: state.foundLate,
    quarantine: readSetAside(aside),
    wayBack: await wayBackStatus(ports, cluster),
  };
}

function setAsideKey(cluster: string): Key {
  return { table: 'control', pk: `quarantine|${cluster}` };
}

function readSetAside(item: Item | undefined): SetAside | undefined {
  if (!item) return undefined;
  return {
    count: count(item, 'count'),
    code: text(item, 'code') ?? '',
    message: text(item, 'message') ?? '',
    at: count(item, 'at'),
  };
}
