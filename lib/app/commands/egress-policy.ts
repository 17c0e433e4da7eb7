import { ZonebridgeError } from '../../core/errors.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import { scopeOf } from '../../core/model/group-selection.ts';
import { calicoPolicies, kubernetesPolicies, type PolicyObject } from '../../core/network/egress-policy.ts';
import type { App } from '../compose.ts';
import { kubernetesYaml } from '../kubernetes-yaml.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { readShard } from './stored-endpoints.ts';

export type PolicyEngine = 'kubernetes' | 'calico';

export interface PolicyRequest {
  group: string;
  engine: PolicyEngine;
  /** Key of the cluster; needed when the group has several. */
  cluster?: string | undefined;
  /** Canonical ranges; those of the group's firewalls unless given. */
  destinations?: readonly string[] | undefined;
}

export interface CompanionPolicy {
  group: string;
  cluster: string;
  engine: PolicyEngine;
  destinations: readonly string[];
  objects: PolicyObject[];
  /** The objects, as `kubectl apply` takes them. */
  yaml: string;
}

/**
 * The egress policy that keeps all other pods of a cluster from what lies behind the firewalls of a group. Reads every stored endpoint of the
 * cluster for its namespaces. @throws ZonebridgeError command/usage, configuration/not-active, policy/not-expressible
 */
export async function companionPolicy(
  { ports, configurations }: App,
  request: PolicyRequest,
): Promise<CompanionPolicy> {
  const active = await configurations.active();
  const group = active.groups.find((compiled) => compiled.group.name === request.group);
  if (!group)
    throw new ZonebridgeError(
      'configuration/not-active',
      `the active generation has no group ${request.group}`,
    );
  const cluster = clusterOf(active, group.group.clusters, request);
  const destinations = request.destinations ?? destinationsOf(active, group.group.publish);
  if (destinations.length === 0)
    throw new ZonebridgeError(
      'command/usage',
      'nobody said what lies behind the firewalls of this group: give --destination, or `destinations` in the firewall’s entry',
    );
  const { engine } = request;
  const families = [...new Set(cluster.ranges.prefixes.map(({ family }) => family))].sort((a, b) => a - b);
  const objects =
    engine === 'calico'
      ? calicoPolicies({ group, destinations, families })
      : kubernetesPolicies({
          group,
          destinations,
          families,
          namespaces: await namespacesOf(ports, cluster, (record) => scopeOf(group, record, cluster.key)),
        });
  const yaml = objects.map((object) => kubernetesYaml(object)).join('---\n');
  return { group: request.group, cluster: cluster.key, engine, destinations, objects, yaml };
}

function clusterOf(
  active: ActiveConfiguration,
  ofGroup: readonly string[] | undefined,
  { cluster, group }: PolicyRequest,
): ActiveCluster {
  const clusters = [...active.clusters.values()].filter(({ key }) => ofGroup?.includes(key) !== false);
  const keys = clusters.map(({ key }) => key).join(', ');
  const found = cluster === undefined ? clusters : clusters.filter(({ key }) => key === cluster);
  const [only] = found;
  if (only && found.length === 1) return only;
  const message =
    cluster === undefined
      ? `${group} has several clusters, name one with --cluster: ${keys}`
      : `${cluster} is no cluster of ${group}; there are: ${keys}`;
  throw new ZonebridgeError('command/usage', message);
}

function destinationsOf(
  { configuration }: ActiveConfiguration,
  publish: readonly { firewall: string }[],
): string[] {
  return [
    ...new Set(publish.flatMap(({ firewall }) => configuration.firewalls[firewall]?.destinations ?? [])),
  ];
}

type Scope = Parameters<typeof scopeOf>[1];

async function namespacesOf(
  ports: Ports,
  cluster: ActiveCluster,
  isInScope: (record: Scope) => boolean,
): Promise<{ name: string; inScope: boolean }[]> {
  const found = new Map<string, boolean>();
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  await inParallel(shards, 16, (shard) =>
    readShard(ports.tables, cluster.id, shard, (page) => {
      for (const { record } of page)
        if (record?.namespace !== undefined)
          found.set(record.namespace, (found.get(record.namespace) ?? false) || isInScope(record));
    }),
  );
  return [...found].map(([name, inScope]) => ({ name, inScope })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
