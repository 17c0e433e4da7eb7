import { z } from 'zod';
import { groupRequests } from '../delegation/request.ts';
import { gatesMost } from '../gates/gate.ts';
import { addressesMost } from './endpoint.ts';
import { networkReport } from '../network/report.ts';
import { appliedReport } from '../way-back/report.ts';

/**
 * What travels between an agent and its hub. The hub takes the cluster's name from the event's source alone
 * (`zonebridge.cluster.<account>.<region>.<name>`, enforced by IAM), never from a detail.
 */
export const schemaVersion = 1;

/** Text that every store and encoding takes: halves of a character that belongs into two are refused. */
const wellFormed = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => text.isWellFormed(), 'holds half a character');

/** Longest label key (prefix 253, slash, name 63) that Kubernetes admits, and longest value of a tag of EC2; labels have 63. */
const labels = z.record(wellFormed(317), wellFormed(256));
const addresses = z.array(z.string().max(45)).max(addressesMost);
const name = wellFormed(253).min(1);
const uid = wellFormed(128).min(1);
const kind = z.enum(['pod', 'node', 'service', 'ingress']);
const milliseconds = z.number().int().nonnegative();

export const endpointRecord = z.strictObject({
  kind,
  uid,
  name,
  namespace: name.optional(),
  labels,
  namespaceLabels: labels.optional(),
  namespaceCreated: milliseconds.optional(),
  serviceAccount: name.optional(),
  addresses,
  node: name.optional(),
  nodeAddresses: addresses.optional(),
  hostNames: z.array(z.string().min(1).max(253)).max(64).optional(),
  externalAddresses: addresses.optional(),
  clusterAddresses: addresses.optional(),
  hostNetwork: z.boolean(),
});

/**
 * Why a change is sent: `watch` = an event told it (a removal is witnessed); `relist` = inferred from a listing;
 * `namespace` and `node` = a joined object changed; `start` = first listing of a new agent process.
 */
const changeCause = z.enum(['watch', 'relist', 'namespace', 'node', 'start']);
export type ChangeCause = z.infer<typeof changeCause>;

/** A record as the hub keeps it: with what it found behind the names of a load balancer. */
export const storedRecord = endpointRecord.extend({
  resolved: z
    .array(
      z.strictObject({ name: z.string(), addresses: z.array(z.string()), problem: z.string().optional() }),
    )
    .optional(),
});

/** Version of how agents say which pod has an address later than another one: with `since`. */
export const claimsVersion = 1;

/**
 * One change; exactly one of `upsert` and `remove`. `time` is the agent's clock when it saw it. `since`, of pods that claim their addresses:
 * the sequence at which the process saw that the pod has them, 0 when it had them as the epoch began. Only for hubs that take it; of an
 * agent that does not say it the telling itself counts as the claim.
 */
export const endpointChange = z.union([
  z.strictObject({
    sequence: z.number().int().positive(),
    time: milliseconds,
    cause: changeCause,
    since: z.number().int().nonnegative().optional(),
    upsert: endpointRecord,
  }),
  z.strictObject({
    sequence: z.number().int().positive(),
    time: milliseconds,
    cause: changeCause,
    remove: z.strictObject({ kind, uid }),
  }),
]);
export type EndpointChange = z.infer<typeof endpointChange>;

const epoch = z.number().int().positive();

/**
 * Version of the services and ingresses that an agent tells. It tells them only to a hub that says in its answer to hello that it takes this
 * version, and says in digests, manifests and heartbeats that it does. Of an agent that does not say so the hub leaves what it has of them.
 */
export const servicesVersion = 1;
const tellsServices = z.literal(true).optional();

/** detail-type `endpoints`. The elements are parsed one by one, so that one bad record is set aside alone. */
export const endpointsDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  changes: z.array(z.unknown()).max(2000),
});

/** detail-type `hello`: a new agent process asks for an epoch. */
export const helloDetail = z.strictObject({
  schema: z.number(),
  process: z.string().min(8).max(64),
  agentVersion: z.string().max(40),
  sentAt: milliseconds,
});

/** detail-type `heartbeat`, every 30 s. */
export const heartbeatDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  process: z.string().min(8).max(64),
  endpoints: z.number().int().nonnegative(),
  pending: z.number().int().nonnegative(),
  sequence: z.number().int().nonnegative(),
  services: tellsServices,
  /** Milliseconds since each kind was heard of last (hearing.ts). Only for hubs that take it; an agent that does not say it counts as one that hears. */
  heard: z
    .record(z.string().regex(/^[a-z-]{1,40}$/), milliseconds)
    .refine((kinds) => Object.keys(kinds).length <= 32, 'too many kinds')
    .optional(),
});

/** One shard of everything the agent has: ids with content hashes, complete up to the sequence `cut`. */
const shardManifest = z.strictObject({
  shard: z.number().int().min(0).max(255),
  /** The shard held exactly these entries when the agent's sequence was `cut`. */
  cut: z.number().int().nonnegative(),
  count: z.number().int().nonnegative(),
  /** Endpoint id (`kind|uid`) and content hash (content-hash.ts), sorted by id. */
  entries: z.array(z.tuple([z.string().max(160), z.string().max(32)])).max(4000),
  /** It follows a `resend`: what still differs is left to the next digest. Only for hubs that take digests. */
  resent: z.literal(true).optional(),
});
export type ShardManifest = z.infer<typeof shardManifest>;

/** detail-type `manifest`: several shards in one event, below 60 KB. All 256 together describe the cluster. */
export const manifestDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  services: tellsServices,
  manifests: z.array(shardManifest).max(256),
});

const shard = z.number().int().min(0).max(255);

/**
 * detail-type `digest`, at start and every 5 minutes: count and hash (shard-digest.ts) of what the hub should have of each shard when the
 * agent's sequence was `cut`. A shard about which the agent is not certain is left out; each one that is there stands for itself.
 */
export const digestDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  /** `digestVersion` of the agent. */
  digest: z.number().int().positive(),
  cut: z.number().int().nonnegative(),
  services: tellsServices,
  shards: z.array(z.tuple([shard, z.number().int().nonnegative(), z.string().max(32)])).max(256),
});
export type DigestDetail = z.infer<typeof digestDetail>;

/**
 * detail-type `network`, at start, when it changes and every few hours: what the agent read of the cluster's network. Told only to a hub
 * that says in its answer to hello that it takes this version.
 */
export const networkDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  /** `networkVersion` of the agent. */
  version: z.number().int().positive(),
  /** Counts the reports of the agent process: the highest counts. */
  number: z.number().int().positive(),
  report: networkReport,
});
export type NetworkDetail = z.infer<typeof networkDetail>;

/** detail-type `address-groups`, when they change: all AddressGroup resources of the cluster. Told only to a hub that takes this version. */
export const requestsDetail = groupRequests.extend({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  /** `requestsVersion` of the agent. */
  version: z.number().int().positive(),
  /** Counts what the agent process told: the highest counts. */
  number: z.number().int().positive(),
});
export type RequestsDetail = z.infer<typeof requestsDetail>;

/**
 * detail-type `applied`, when it changes: what became of the desired state that the hub published for this cluster. Told only to a hub that says in
 * its answer to hello that it takes this version.
 */
export const appliedDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  /** `wayBackVersion` of the agent. */
  version: z.number().int().positive(),
  /** Counts the reports of the agent process: the highest counts. */
  number: z.number().int().positive(),
  report: appliedReport,
});
export type AppliedDetail = z.infer<typeof appliedDetail>;

/**
 * detail-type `gates`, while pods wait: which of them are on every firewall of their groups? Each with its uid and the content hash of the record
 * that is meant. Told only to a hub that takes this version.
 */
export const gatesDetail = z.strictObject({
  schema: z.number(),
  epoch,
  sentAt: milliseconds,
  /** `gatesVersion` of the agent. */
  version: z.number().int().positive(),
  pods: z.array(z.tuple([uid, z.string().max(32)])).max(gatesMost),
});
export type GatesDetail = z.infer<typeof gatesDetail>;

/** What the hub puts on the cluster's queue. Agents that are older than a field do not see it. */
export const hubMessage = z.discriminatedUnion('type', [
  /** Answer to hello; only the process it names may use the epoch. The optional numbers are the versions of these that this hub takes. */
  z.object({
    type: z.literal('epoch'),
    schema: z.number(),
    process: z.string(),
    epoch,
    digest: z.number().optional(),
    network: z.number().optional(),
    services: z.number().optional(),
    wayBack: z.number().optional(),
    groups: z.number().optional(),
    gates: z.number().optional(),
    hearing: z.number().optional(),
    claims: z.number().optional(),
  }),
  /** The digests of these shards differ: send their manifests. */
  z.object({ type: z.literal('manifests'), schema: z.number(), epoch, shards: z.array(shard) }),
  /**
   * These shards differ at the hub: send every endpoint of them again, or those of `endpoints` (ids) when it is given, then the manifests of
   * the shards.
   */
  z.object({
    type: z.literal('resend'),
    schema: z.number(),
    epoch,
    shards: z.array(shard),
    endpoints: z.array(z.string()).optional(),
  }),
  /** Of the pods that were asked about, those that are on every firewall of their groups, as the question named them. */
  z.object({
    type: z.literal('published'),
    schema: z.number(),
    epoch,
    pods: z.array(z.tuple([z.string(), z.string()])),
  }),
  /** A new manifest of the desired state is there. Only for clusters that the configuration lets us write in. */
  z.object({ type: z.literal('desired'), schema: z.number(), generation: z.number() }),
]);
export type HubMessage = z.infer<typeof hubMessage>;

export type EndpointsDetail = Omit<z.infer<typeof endpointsDetail>, 'changes'> & {
  changes: EndpointChange[];
};
export type HelloDetail = z.infer<typeof helloDetail>;
export type HeartbeatDetail = z.infer<typeof heartbeatDetail>;
export type ManifestDetail = z.infer<typeof manifestDetail>;

/** Names of the bus events, as `detail-type`. */
export const detailTypes = {
  endpoints: 'endpoints',
  hello: 'hello',
  heartbeat: 'heartbeat',
  manifest: 'manifest',
  network: 'network',
  digest: 'digest',
  applied: 'applied',
  addressGroups: 'address-groups',
  gates: 'gates',
} as const;

/** Who a cluster is: its id is `account|region|name`. */
export interface ClusterIdentity {
  account: string;
  region: string;
  name: string;
}

export function clusterId(cluster: ClusterIdentity): string {
  return `${cluster.account}|${cluster.region}|${cluster.name}`;
}

/** The one event source a cluster may use. EKS names hold no dot, so the form is unambiguous. */
export function clusterSource(cluster: ClusterIdentity): string {
  return `zonebridge.cluster.${cluster.account}.${cluster.region}.${cluster.name}`;
}

export function parseClusterSource(source: string): ClusterIdentity | undefined {
  const match = /^zonebridge\.cluster\.(\d{12})\.([a-z0-9-]+)\.([A-Za-z0-9][A-Za-z0-9_-]{0,99})$/.exec(
    source,
  );
  if (!match) return undefined;
  const [, account = '', region = '', name = ''] = match;
  return { account, region, name };
}
