import type { Item, Key, Tables } from '../../core/ports.ts';
import type { Silence } from '../../core/desired/silence.ts';
import { type Hearing, hearingAfter } from '../../core/model/hearing.ts';
import type { HeartbeatDetail } from '../../core/model/messages.ts';
import { isZonebridgeError } from '../../core/errors.ts';
import { count, text, texts } from './items.ts';

/** Row of a cluster in `control`: its current agent and what is known of it. */
export interface ClusterState extends Hearing {
  epoch: number;
  process: string | undefined;
  helloAt: number;
  heartbeatAt: number;
  endpoints: number;
  pending: number;
  /** The agent tells services and ingresses, by its last heartbeat. */
  services: boolean;
  agentVersion: string | undefined;
  verifiedShards: ReadonlySet<string>;
  /** Counts how often state was lost. */
  losses: number;
  /** As the sweep saw it last; it is over when the heartbeat is not the one it began with. */
  silence: Silence | undefined;
  /** Shards in which addresses expired by silence and that the agent has not been asked for since. */
  expiredShards: readonly number[];
  /** Endpoints that the hub had wrong until a comparison with the agent or a new listing of it told. */
  foundLate: FoundLate;
}

/** Counted since the cluster is known; `last` are those of the last time. */
export interface FoundLate {
  count: number;
  last: number;
  at: number;
}

export function clusterKey(cluster: string): Key {
  return { table: 'control', pk: `cluster|${cluster}` };
}

export function readCluster(item: Item | undefined): ClusterState {
  return {
    epoch: count(item, 'epoch'),
    process: text(item, 'process'),
    helloAt: count(item, 'helloAt'),
    heartbeatAt: count(item, 'heartbeatAt'),
    deafSince: item?.['deafSince'] === undefined ? undefined : count(item, 'deafSince'),
    unheard: texts(item, 'unheard'),
    endpoints: count(item, 'endpoints'),
    pending: count(item, 'pending'),
    services: item?.['services'] === true,
    agentVersion: text(item, 'agentVersion'),
    verifiedShards: new Set(texts(item, 'verified')),
    losses: count(item, 'losses'),
    silence:
      item?.['silentSince'] === undefined
        ? undefined
        : {
            since: count(item, 'silentSince'),
            watchedMs: count(item, 'silentWatchedMs'),
            at: count(item, 'silentAt'),
          },
    expiredShards: texts(item, 'expiredShards').map(Number),
    foundLate: {
      count: count(item, 'foundLate'),
      last: count(item, 'foundLateLast'),
      at: count(item, 'foundLateAt'),
    },
  };
}

/**
 * Until when the hub knows how the cluster was: until the last heartbeat, or until an agent that still beats heard its own Kubernetes API last.
 * Milliseconds since 1970; 0 when nobody was ever heard.
 */
export function knownUntil({
  deafSince,
  heartbeatAt,
}: Pick<ClusterState, 'deafSince' | 'heartbeatAt'>): number {
  return Math.min(heartbeatAt, deafSince ?? heartbeatAt);
}

/** How old a hello may be: a late one must not depose the agent that came after it. */
const helloMaxAgeMs = 5 * 60_000;

/**
 * Gives a new agent process its epoch; a repeated hello gets the same one again.
 * Returns undefined for a hello that is too old or older than the current agent's.
 */
export async function issueEpoch(
  tables: Tables,
  cluster: string,
  hello: { process: string; agentVersion: string; sentAt: number; now: number },
): Promise<number | undefined> {
  const key = clusterKey(cluster);
  const [item] = await tables.read([key]);
  const state = readCluster(item);
  if (state.process === hello.process) return state.epoch;
  if (hello.sentAt < state.helloAt || hello.now - hello.sentAt > helloMaxAgeMs) return undefined;
  const epoch = state.epoch + 1;
  try {
    await tables.write({
      key,
      update: {
        set: {
          epoch,
          process: hello.process,
          // A clock that runs ahead must not lock out the agents that come after it.
          helloAt: Math.min(hello.sentAt, hello.now),
          heartbeatAt: hello.now,
          agentVersion: hello.agentVersion,
        },
        // The new agent's manifests verify every shard again; until then nothing unseen is removed.
        remove: ['verified'],
      },
      if: [{ attribute: 'epoch', is: 'absent or =', value: state.epoch }],
    });
    return epoch;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return issueEpoch(tables, cluster, hello);
    throw error;
  }
}

/** Notes a heartbeat of the current agent, beside what was known; one of an older epoch changes nothing. */
export async function noteHeartbeat(
  tables: Tables,
  cluster: string,
  { state, beat, now }: { state: ClusterState; beat: HeartbeatDetail; now: number },
): Promise<boolean> {
  const { endpoints, pending, services = false } = beat;
  const { deafSince, unheard } = hearingAfter(state, { ...beat, now });
  const set = { heartbeatAt: now, endpoints, pending, services, unheard: [...unheard] };
  try {
    await tables.write({
      key: clusterKey(cluster),
      update: deafSince === undefined ? { set, remove: ['deafSince'] } : { set: { ...set, deafSince } },
      if: [{ attribute: 'epoch', is: '=', value: beat.epoch }],
    });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}

/**
 * Notes shards as verified, of those that were not before. `state` was read before the rows that were compared: when state was found lost
 * since, the epoch is another one, and the comparison says nothing about what is there now.
 */
export async function noteVerified(
  tables: Tables,
  cluster: string,
  verified: { state: ClusterState; shards: readonly number[] },
): Promise<void> {
  const { state } = verified;
  const fresh = verified.shards.map(String).filter((shard) => !state.verifiedShards.has(shard));
  if (fresh.length === 0) return;
  try {
    await tables.write({
      key: clusterKey(cluster),
      update: { addToSet: { verified: fresh } },
      if: [{ attribute: 'epoch', is: '=', value: state.epoch }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}

/**
 * State was lost or put back: what was compared before says nothing any more, and neither does what the agent said of it before and is heard
 * now. Its process goes on under a new epoch, so many above the last that is known, which is returned to be told; undefined when there is no
 * process yet.
 */
export async function noteLoss(
  tables: Tables,
  cluster: string,
  epochs = 1,
): Promise<Pick<ClusterState, 'process' | 'epoch'>> {
  const key = clusterKey(cluster);
  await tables.write({ key, update: { add: { losses: 1, epoch: epochs }, remove: ['verified'] } });
  const [item] = await tables.read([key]);
  return readCluster(item);
}

export async function noteFoundLate(
  tables: Tables,
  cluster: string,
  found: { count: number; now: number },
): Promise<void> {
  const set = { foundLateLast: found.count, foundLateAt: found.now };
  await tables.write({ key: clusterKey(cluster), update: { set, add: { foundLate: found.count } } });
}
