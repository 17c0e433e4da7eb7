import type { WriteMode } from '../../core/model/address-group.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import type { Item, Key } from '../../core/ports.ts';
import type { App } from '../compose.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { count, inParallel, text } from '../state/items.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';
import { type FirewallState, readFirewallState } from './firewall-state.ts';

export interface GroupStatus {
  group: string;
  object: string;
  channel: string;
  mode: WriteMode;
  size: number;
  /** Changes that wait for a person. */
  held: number;
  /** Code of what is wrong with the object as a whole. */
  trouble: string | undefined;
}

export interface FirewallStatus extends FirewallState {
  groups: GroupStatus[];
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
  /** Milliseconds since the agent was last heard. */
  silentMs: number | undefined;
  endpoints: number;
  /** Changes the agent had not sent yet at its last heartbeat. */
  pending: number;
  verifiedShards: number;
  shards: number;
  quarantine: SetAside | undefined;
}

export interface Status {
  hub: string;
  now: number;
  generation: number;
  author: string;
  activatedAt: number;
  firewalls: FirewallStatus[];
  clusters: ClusterStatus[];
  /** Events of senders that are no configured cluster. */
  unknownSenders: SetAside | undefined;
}

/** An agent says something every 30 seconds; after this it is silent. */
export const silentAfterMs = 120_000;

/** Everything an operator wants to see first; reads state only, no firewall. */
export async function readStatus({ ports, configurations }: App): Promise<Status> {
  const [pointer, unknown] = await ports.tables.read([configurations.pointer, setAsideKey('unknown')]);
  const active = await configurations.from(pointer);
  const { configuration } = active;
  return {
    hub: ports.hub,
    now: ports.clock.now(),
    generation: active.generation,
    author: active.author,
    activatedAt: count(pointer, 'activatedAt'),
    firewalls: await inParallel(Object.entries(configuration.firewalls), 8, async ([firewall, settings]) => ({
      ...(await readFirewallState(ports, firewall, settings)),
      groups: await groupStatuses(ports, active, firewall),
    })),
    clusters: await inParallel([...active.clusters.values()], 8, (cluster) => clusterStatus(ports, cluster)),
    unknownSenders: readSetAside(unknown),
  };
}

/** Nothing in it needs a person. */
export function isWell(status: Status): boolean {
  const firewalls = status.firewalls.every(
    ({ health, groups }) =>
      (health === 'in step' || health === 'working' || health === 'not reached yet') &&
      groups.every(({ held, trouble }) => held === 0 && trouble === undefined),
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
  const items = await ports.tables.read(places.map(({ group }) => objectKey(firewall, group.name)));
  return places.map(({ group, target }, index) => {
    const row = readObject(items[index], ports.clock.now());
    const { object, counters, held, trouble } = row;
    const { channel, mode } = target;
    return { group: group.name, object, channel, mode, size: counters.size, held, trouble };
  });
}

async function clusterStatus(ports: Ports, cluster: ActiveCluster): Promise<ClusterStatus> {
  const [item, aside] = await ports.tables.read([clusterKey(cluster.id), setAsideKey(cluster.key)]);
  const state = readCluster(item);
  const heartbeatAt = state.heartbeatAt || undefined;
  return {
    cluster: cluster.key,
    epoch: state.epoch,
    agentVersion: state.agentVersion,
    heartbeatAt,
    silentMs: heartbeatAt === undefined ? undefined : Math.max(0, ports.clock.now() - heartbeatAt),
    endpoints: state.endpoints,
    pending: state.pending,
    verifiedShards: state.verifiedShards.size,
    shards: shardCount,
    quarantine: readSetAside(aside),
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
