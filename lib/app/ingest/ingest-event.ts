import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { endpointId, type EndpointRecord } from '../../core/model/endpoint.ts';
import {
  appliedDetail,
  clusterId,
  detailTypes,
  digestDetail,
  type EndpointChange,
  endpointChange,
  endpointsDetail,
  gatesDetail,
  heartbeatDetail,
  type HeartbeatDetail,
  helloDetail,
  manifestDetail,
  networkDetail,
  parseClusterSource,
  requestsDetail,
  schemaVersion,
} from '../../core/model/messages.ts';
import { digestVersion } from '../../core/model/shard-digest.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type ClusterState, issueEpoch, noteHeartbeat, readCluster } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { noteApplied } from '../state/desired.ts';
import { inParallel } from '../state/items.ts';
import { noteRequests } from '../state/group-requests.ts';
import { noteNetwork } from '../state/networks.ts';
import { answerGates } from './answer-gates.ts';
import { applyChange, type Change, type IngestContext } from './apply-change.ts';
import { applyDigest } from './apply-digest.ts';
import { applyManifest } from './apply-manifest.ts';
import { tellEpoch } from './ask-agent.ts';
import { noteLate } from './note-late.ts';
import { setAside } from './quarantine.ts';
import { inTurns } from './turns.ts';
import { wakeAll } from './wake-all.ts';
import { walkMessage, walkShards } from './walk.ts';

/** An event as the bus delivers it to the queue. */
const busEvent = z.object({
  source: z.string(),
  'detail-type': z.string(),
  detail: z.unknown(),
  /** When the bus took it, by whole seconds of its own clock. */
  time: z.string().optional().catch(undefined),
  look: z.number().optional(),
});

/** What every detail has. Schemas are made once: zod compiles each one at its first use. */
const eventHead = z.object({ schema: z.number(), sentAt: z.number() });

/** Older events say nothing that the next manifest does not say better. */
const eventMaxAgeMs = 12 * 60 * 60_000;

/** A pod has one address of each family (Kubernetes API, podIPs); more claims would not fit into one transaction. */
const podAddresses = 16;

/** Stands for the sender until it is known which cluster that is. */
const unknownCluster = 'unknown';

/** Endpoints written at the same time; they rarely share items. */
const width = 16;

/**
 * Takes one message of the ingest queue: an event of an agent, or a walk of a new configuration.
 * Throws only what trying again can mend; everything else is set aside and told.
 */
export async function ingestMessage(
  ports: Ports,
  configurations: Configurations,
  body: string,
): Promise<void> {
  let cluster = unknownCluster;
  try {
    const message = parseJson(body);
    const walk = walkMessage.safeParse(message);
    if (walk.success) return await walkShards({ ports, active: await configurations.active() }, walk.data);
    const event = checked(busEvent, message);
    const sender = await openEvent(ports, configurations, event.source);
    cluster = sender.cluster.key;
    await ingestEvent(sender, event);
  } catch (error) {
    if (!isZonebridgeError(error) || error.retry !== 'never' || error.code === 'configuration/missing')
      throw error;
    await setAside(ports, { cluster, error, sample: body });
  }
}

/** The sender is who the bus says it is: IAM lets each role use one source only. One read for configuration and epoch. */
async function openEvent(ports: Ports, configurations: Configurations, source: string): Promise<Sender> {
  const identity = parseClusterSource(source);
  const id = identity ? clusterId(identity) : '';
  const [pointer, state] = await ports.tables.read([configurations.pointer, clusterKey(id)]);
  const active = await configurations.from(pointer);
  const cluster = active.clusters.get(id);
  if (!cluster)
    throw new ZonebridgeError(
      'record/wrong-cluster',
      `no configured cluster has the source ${source.slice(0, 160)}`,
    );
  return { ports, active, cluster, state: readCluster(state) };
}

interface Sender {
  ports: Ports;
  active: ActiveConfiguration;
  cluster: ActiveCluster;
  /** What the hub knew of the cluster when it opened the event: the epoch that it issued last, and what is verified. */
  state: ClusterState;
}

async function ingestEvent(from: Sender, event: z.infer<typeof busEvent>): Promise<void> {
  const { ports, cluster } = from;
  const now = ports.clock.now();
  const envelope = eventHead.safeParse(event.detail);
  if (!envelope.success)
    throw new ZonebridgeError('record/invalid', `event of ${cluster.key} has no schema and sentAt`);
  const { schema, sentAt } = envelope.data;
  if (schema !== schemaVersion) {
    throw new ZonebridgeError(
      'record/unknown-schema',
      `schema ${schema} of ${cluster.key}, this hub knows ${schemaVersion}`,
    );
  }
  if (now - sentAt > eventMaxAgeMs) {
    throw new ZonebridgeError(
      'record/too-old',
      `event of ${cluster.key} was sent ${Math.round((now - sentAt) / 3_600_000)} h ago`,
    );
  }
  switch (event['detail-type']) {
    case detailTypes.endpoints:
      return ingestEndpoints(from, checked(endpointsDetail, event.detail));
    case detailTypes.manifest: {
      const detail = checked(manifestDetail, event.detail);
      requireEpoch(from, detail.epoch);
      return applyManifest(contextOf(from), { state: from.state, detail }, event);
    }
    case detailTypes.digest: {
      const detail = checked(digestDetail, event.detail);
      requireEpoch(from, detail.epoch);
      // One that is computed in another way says nothing here.
      if (detail.digest !== digestVersion) return undefined;
      return applyDigest(contextOf(from), { state: from.state, detail }, event);
    }
    case detailTypes.hello: {
      const detail = checked(helloDetail, event.detail);
      const hello = { ...detail, sentAt: saidAt(detail.sentAt, event.time), now };
      const epoch = await issueEpoch(ports.tables, cluster.id, hello);
      if (epoch === undefined)
        throw new ZonebridgeError('record/stale-epoch', `late hello of ${cluster.key}`);
      return tellEpoch(contextOf(from), { process: detail.process, epoch });
    }
    case detailTypes.heartbeat: {
      const detail = checked(heartbeatDetail, event.detail);
      if (await noteHeartbeat(ports.tables, cluster.id, { state: from.state, beat: detail, now })) return;
      await tellEpochOf(from, detail, now);
      throw new ZonebridgeError('record/stale-epoch', `heartbeat of epoch ${detail.epoch} of ${cluster.key}`);
    }
    default:
      return ingestReport(from, event);
  }
}

/** What an agent tells or asks beside its endpoints. */
async function ingestReport(from: Sender, event: z.infer<typeof busEvent>): Promise<void> {
  const { ports, cluster } = from;
  const now = ports.clock.now();
  switch (event['detail-type']) {
    case detailTypes.network: {
      const detail = checked(networkDetail, event.detail);
      requireEpoch(from, detail.epoch);
      return noteNetwork(ports.tables, cluster.id, { ...detail, at: now });
    }
    case detailTypes.addressGroups: {
      const detail = checked(requestsDetail, event.detail);
      requireEpoch(from, detail.epoch);
      return noteRequests(ports.tables, cluster.id, { ...detail, at: now });
    }
    case detailTypes.applied: {
      const detail = checked(appliedDetail, event.detail);
      requireEpoch(from, detail.epoch);
      return noteApplied(ports.tables, cluster.id, { ...detail, at: now });
    }
    case detailTypes.gates: {
      const detail = checked(gatesDetail, event.detail);
      requireEpoch(from, detail.epoch);
      return answerGates(from, detail);
    }
    default:
      throw new ZonebridgeError('record/invalid', `unknown detail type ${event['detail-type'].slice(0, 60)}`);
  }
}

/**
 * When a hello was said, milliseconds since 1970. Replicas run on nodes whose clocks differ, and the one that comes later must not count as the
 * older one: a time that is not of the second in which the bus took the event is not believed.
 */
function saidAt(sentAt: number, taken: string | undefined): number {
  const second = Date.parse(taken ?? '');
  if (Number.isNaN(second)) return sentAt;
  return Math.min(Math.max(sentAt, second), second + 999);
}

/**
 * An agent that stood still while another one came, and missed the answer to that one's hello, would go on for ever, and nobody else would
 * speak for the cluster when the newer one is gone. Where a table was put back from before the cluster's first hello nobody is known: whoever
 * speaks has said his hello, and says no other.
 */
async function tellEpochOf(from: Sender, beat: HeartbeatDetail, now: number): Promise<void> {
  const { ports, cluster, state } = from;
  const { process, epoch } = state;
  if (process !== undefined) {
    if (beat.epoch < epoch) await tellEpoch(contextOf(from), { process, epoch });
    return;
  }
  const issued = await issueEpoch(ports.tables, cluster.id, { ...beat, agentVersion: 'unknown', now });
  if (issued !== undefined) await tellEpoch(contextOf(from), { process: beat.process, epoch: issued });
}

async function ingestEndpoints(from: Sender, detail: z.infer<typeof endpointsDetail>): Promise<void> {
  requireEpoch(from, detail.epoch);
  const context = contextOf(from);
  const changes = new Map<string, Change>();
  for (const raw of detail.changes) {
    const change = await parseChange(from, raw, detail.epoch);
    const known = change && changes.get(change.id);
    if (change && !(known && known.version.sequence > change.version.sequence))
      changes.set(change.id, change);
  }
  try {
    let late = 0;
    for (const turn of inTurns(changes.values())) {
      await inParallel(turn, width, async (change) => {
        const knewOtherwise = await applyChange(context, change);
        if (knewOtherwise && change.cause === 'relist') late += 1;
      });
    }
    await noteLate(context, late);
  } finally {
    await wakeAll(context);
  }
}

/** One bad record is set aside alone; the rest of its event goes on. */
async function parseChange(from: Sender, raw: unknown, epoch: number): Promise<Change | undefined> {
  const parsed = endpointChange.safeParse(raw);
  if (!parsed.success) {
    const error = new ZonebridgeError('record/invalid', z.prettifyError(parsed.error).slice(0, 600));
    await setAside(from.ports, { cluster: from.cluster.key, error, sample: JSON.stringify(raw) ?? '' });
    return undefined;
  }
  try {
    return toChange(parsed.data, { epoch, now: from.ports.clock.now() });
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    await setAside(from.ports, { cluster: from.cluster.key, error, sample: JSON.stringify(raw) });
    return undefined;
  }
}

function toChange(change: EndpointChange, at: { epoch: number; now: number }): Change {
  const version = { epoch: at.epoch, sequence: change.sequence };
  // A clock that runs ahead must not win every claim between clusters.
  const common = { version, time: Math.min(change.time, at.now), cause: change.cause };
  if ('remove' in change) return { ...common, id: endpointId(change.remove), record: undefined };
  const { upsert: record, since } = change;
  if (record.kind === 'pod' && !record.hostNetwork && record.addresses.length > podAddresses) {
    throw new ZonebridgeError(
      'record/invalid',
      `a pod with ${record.addresses.length} addresses of its own, at most ${podAddresses} are taken`,
    );
  }
  return {
    ...common,
    since,
    id: endpointId(record),
    record: {
      ...record,
      addresses: record.addresses.map(canonicalAddress),
      ...canonicalIn(record, 'nodeAddresses'),
      ...canonicalIn(record, 'externalAddresses'),
      ...canonicalIn(record, 'clusterAddresses'),
    },
  };
}

type OptionalAddresses = 'nodeAddresses' | 'externalAddresses' | 'clusterAddresses';

function canonicalIn(record: EndpointRecord, field: OptionalAddresses): Partial<EndpointRecord> {
  const addresses = record[field];
  return addresses === undefined ? {} : { [field]: addresses.map(canonicalAddress) };
}

function requireEpoch(from: Sender, epoch: number): void {
  if (epoch === from.state.epoch) return;
  throw new ZonebridgeError(
    'record/stale-epoch',
    `epoch ${epoch} of ${from.cluster.key}, current is ${from.state.epoch}`,
  );
}

function contextOf(from: Sender): IngestContext {
  const { ports, active, cluster } = from;
  return { ports, active, cluster, marks: [] };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ZonebridgeError('record/invalid', z.prettifyError(parsed.error).slice(0, 600));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ZonebridgeError('record/invalid', 'message is not JSON', { cause });
  }
}
