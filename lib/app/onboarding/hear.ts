import { shardCount } from '../../core/model/endpoint.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';

/** What the hub knows of the agent of a cluster. */
export interface Heard {
  epoch: number;
  process: string | undefined;
  agentVersion: string | undefined;
  /** Milliseconds since 1970; 0 when never. */
  heartbeatAt: number;
  endpoints: number;
  verifiedShards: number;
}

export async function heard(ports: Ports, cluster: string): Promise<Heard> {
  const [item] = await ports.tables.read([clusterKey(cluster)]);
  const { verifiedShards, epoch, process, agentVersion, heartbeatAt, endpoints } = readCluster(item);
  return { epoch, process, agentVersion, heartbeatAt, endpoints, verifiedShards: verifiedShards.size };
}

/** Heartbeats come every 30 s; an agent that was not heard for longer is not there. */
const freshMs = 120_000;

/** Whether an agent is there and every shard was verified. */
export function hearsAll({ heartbeatAt, verifiedShards }: Heard, now: number): boolean {
  return verifiedShards === shardCount && now - heartbeatAt < freshMs;
}
