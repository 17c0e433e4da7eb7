import type { ClusterConfiguration, HostsConfiguration } from './model.ts';
import { type ClusterIdentity, clusterId } from '../../core/model/messages.ts';

/** Where endpoints come from: a cluster with its agent, or a section of hosts for which the hub itself speaks. Both go by their keys. */
export interface Origin {
  section: 'clusters' | 'hosts';
  /** `account|region|name` */
  id: string;
  realm: string;
  ranges: readonly string[];
  sharedRanges: boolean;
}

/** Clusters and hosts by their keys; of the same key, which is reported, the cluster. */
export function originsOf(from: {
  clusters: Iterable<[string, ClusterConfiguration]>;
  hosts: Iterable<[string, HostsConfiguration]>;
}): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const [key, cluster] of from.clusters)
    origins.set(key, { section: 'clusters', id: clusterId(cluster), ...shared(cluster) });
  for (const [key, hosts] of from.hosts) {
    if (!origins.has(key))
      origins.set(key, { section: 'hosts', id: clusterId(hostsIdentity(key, hosts)), ...shared(hosts) });
  }
  return origins;
}

/** As what a section of hosts is known in the state. */
export function hostsIdentity(key: string, { account, region }: HostsConfiguration): ClusterIdentity {
  return { account, region, name: `hosts_${key}` };
}

function shared({ realm, ranges, sharedRanges }: ClusterConfiguration | HostsConfiguration) {
  return { realm, ranges, sharedRanges };
}
