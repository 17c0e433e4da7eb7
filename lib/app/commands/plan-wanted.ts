import { desiredMemberships } from '../../core/desired/memberships.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { claimedAddresses, shardCount } from '../../core/model/endpoint.ts';
import { GroupNeighbours } from '../../core/network/group-neighbours.ts';
import { asResolved } from '../balancers/as-resolved.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointTitle,
  globalEndpointId,
  ownerKey,
  readOwner,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { readShard } from './stored-endpoints.ts';

/** An address that a group would publish, and why it does not. */
export interface RefusedMember {
  address: string;
  /** `cluster/namespace/name` */
  endpoint: string;
  reason: string;
}

/** What all stored endpoints are members of under a configuration that is not active yet. */
export interface Wanted {
  /** Group -> membership key -> the endpoints that want it. */
  keys: Map<string, Map<string, string[]>>;
  /** Membership keys that are written in the tables now. */
  stored: Set<string>;
  /** By group. */
  refused: Map<string, RefusedMember[]>;
  /** Clusters that leave the configuration: their memberships stay as they are. */
  left: string[];
  /** Who else runs on the nodes of node groups. */
  neighbours: GroupNeighbours;
}

/** Shards read at the same time. */
const width = 16;

/** Evaluates every stored endpoint as the walk of this configuration would. */
export async function wantedUnder(
  ports: Ports,
  candidate: ActiveConfiguration,
  active: ActiveConfiguration | undefined,
): Promise<Wanted> {
  const wanted: Wanted = {
    keys: new Map(),
    stored: new Set(),
    refused: new Map(),
    left: [],
    neighbours: new GroupNeighbours(candidate.groups),
  };
  const clusters = new Map([...(active?.clusters ?? []), ...candidate.clusters]);
  const shards = [...clusters.values()].flatMap((cluster) =>
    Array.from({ length: shardCount }, (_, shard) => ({ cluster, shard })),
  );
  for (const { id, key } of clusters.values()) if (!candidate.clusters.has(id)) wanted.left.push(key);
  await inParallel(shards, width, async ({ cluster, shard }) => {
    await readShard(ports.tables, cluster.id, shard, async (page) => {
      const evaluated = candidate.clusters.get(cluster.id);
      for (const { memberships } of page) for (const key of memberships) wanted.stored.add(key);
      if (evaluated) await evaluate(ports, { candidate, cluster: evaluated, page, wanted });
      else for (const endpoint of page) keep(wanted, cluster, endpoint);
    });
  });
  return wanted;
}

/** Nobody walks the endpoints of a cluster that left. */
function keep(wanted: Wanted, cluster: ActiveCluster, endpoint: StoredEndpoint): void {
  for (const key of endpoint.memberships) want(wanted, key, globalEndpointId(cluster.id, endpoint.id));
}

function want({ keys }: Wanted, key: string, endpoint: string): void {
  const { group } = parseMembershipKey(key);
  const ofGroup = keys.get(group) ?? new Map<string, string[]>();
  keys.set(group, ofGroup);
  ofGroup.set(key, [...(ofGroup.get(key) ?? []), endpoint]);
}

async function evaluate(
  ports: Ports,
  work: { candidate: ActiveConfiguration; cluster: ActiveCluster; page: StoredEndpoint[]; wanted: Wanted },
): Promise<void> {
  const { candidate, cluster, page, wanted } = work;
  const claimed = [...new Set(page.flatMap(({ record }) => claimedAddresses(record)))];
  const items = await ports.tables.read(claimed.map((address) => ownerKey(cluster.realm, address)));
  const owners = new Map(claimed.map((address, index) => [address, readOwner(items[index])?.endpoint]));
  for (const endpoint of page) {
    if (!endpoint.record) continue;
    wanted.neighbours.add(cluster.key, endpoint.record);
    const self = globalEndpointId(cluster.id, endpoint.id);
    const others = new Set(
      claimedAddresses(endpoint.record).filter((address) => (owners.get(address) ?? self) !== self),
    );
    const result = desiredMemberships({
      record: asResolved(cluster, endpoint.record),
      cluster: { name: cluster.key, realm: cluster.realm },
      groups: candidate.groups,
      ranges: cluster.ranges,
    });
    for (const key of result.keys) if (!others.has(parseMembershipKey(key).address)) want(wanted, key, self);
    for (const { address, group, reason } of result.refused) {
      const list = wanted.refused.get(group) ?? [];
      list.push({ address, endpoint: endpointTitle(cluster.key, endpoint.record), reason });
      wanted.refused.set(group, list);
    }
  }
}
