import { expiredGroups, type Silence, silenceAfterMs, watchSilence } from '../../core/desired/silence.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import { schemaVersion } from '../../core/model/messages.ts';
import { metrics } from '../metrics.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type ClusterState, knownUntil, readCluster } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { sweepShard } from './sweep-shard.ts';

/** Shards of each cluster that one sweep looks through; all of them within the hour. */
const shardsPerSweep = 5;
const minuteMs = 60_000;

/** Measures how long a cluster has been silent, looks through a few of its shards, and asks again for what expired meanwhile. */
export async function sweepCluster(
  ports: Ports,
  active: ActiveConfiguration,
  cluster: ActiveCluster,
): Promise<void> {
  const now = ports.clock.now();
  const [item] = await ports.tables.read([clusterKey(cluster.id)]);
  const state = readCluster(item);
  const since = knownUntil(state);
  const silentMs = now - since;
  ports.telemetry.metric(metrics.agentSilent.name, Math.round(silentMs / 1000), { cluster: cluster.key });
  const silence = watchSilence(state.silence, { heartbeatAt: since, now });
  if (silence) await noteSilence(ports, cluster, silence);
  const groups = active.groups.map(({ group }) => group);
  const expired = expiredGroups(groups, cluster.key, silence);
  const first = Math.floor(now / minuteMs) * shardsPerSweep;
  const shards = Array.from({ length: shardsPerSweep }, (_, i) => (first + i) % shardCount);
  // Noted before, so that what expires is asked for again whatever happens next.
  if (expired.length > 0) await noteExpired(ports, cluster, shards);
  const missing = new Set<number>(silentMs < silenceAfterMs ? state.expiredShards : []);
  for (const shard of shards) {
    const verified = state.verifiedShards.has(String(shard));
    const found = await sweepShard(ports, active, { cluster, shard, verified, expired });
    if (found.expired && silentMs < silenceAfterMs) missing.add(shard);
  }
  if (missing.size > 0) await askAgain(ports, cluster, state, [...missing]);
}

async function noteSilence(ports: Ports, cluster: ActiveCluster, silence: Silence): Promise<void> {
  const { since, watchedMs, at } = silence;
  const set = { silentSince: since, silentWatchedMs: watchedMs, silentAt: at };
  await ports.tables.write({ key: clusterKey(cluster.id), update: { set } });
}

async function noteExpired(ports: Ports, cluster: ActiveCluster, shards: readonly number[]): Promise<void> {
  const addToSet = { expiredShards: shards.map(String) };
  await ports.tables.write({ key: clusterKey(cluster.id), update: { addToSet } });
}

/** The agent is back: what it says of these shards counts anew. A request that gets lost is made again when a sweep meets the shard. */
async function askAgain(
  ports: Ports,
  cluster: ActiveCluster,
  { epoch }: ClusterState,
  shards: readonly number[],
): Promise<void> {
  const resend = { type: 'resend', schema: schemaVersion, epoch, shards };
  await ports.queues.send({
    queue: names.agentQueue(ports.hub, cluster.key),
    body: JSON.stringify(resend),
  });
  await ports.tables.write({ key: clusterKey(cluster.id), update: { remove: ['expiredShards'] } });
}
