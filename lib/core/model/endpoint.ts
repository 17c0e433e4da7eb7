/** Labels as Kubernetes gives them. Hostile text: only ever compared, never part of a name. */
export type Labels = Readonly<Record<string, string>>;

/** Addresses of one kind that a record may hold. */
export const addressesMost = 64;

export type EndpointKind = 'pod' | 'node' | 'service' | 'ingress';

/**
 * What the agent tells about one endpoint: the joined projection of a pod (with its namespace and node), of a node, or of a service or
 * ingress (with its namespace). Addresses are canonical (see address.ts).
 */
export interface EndpointRecord {
  kind: EndpointKind;
  /** Kubernetes uid: names are reused, uids are not. */
  uid: string;
  name: string;
  /** Absent for nodes. */
  namespace?: string | undefined;
  labels: Labels;
  /** Labels of its namespace, with `projectcalico.org/name` and `kubernetes.io/metadata.name`; absent for nodes. */
  namespaceLabels?: Labels | undefined;
  /** Milliseconds since 1970 at which the namespace was created; tells a new namespace from a known one. */
  namespaceCreated?: number | undefined;
  serviceAccount?: string | undefined;
  /** Own addresses; empty for a pod without address and for a terminated one. Of a service or ingress: those of its load balancer. */
  addresses: readonly string[];
  /** Name of the node a pod runs on. */
  node?: string | undefined;
  /** Internal addresses of that node, joined by the agent. */
  nodeAddresses?: readonly string[] | undefined;
  /** Names under which the load balancer of a service or ingress is known instead of addresses. */
  hostNames?: readonly string[] | undefined;
  /** `spec.externalIPs` of a service. */
  externalAddresses?: readonly string[] | undefined;
  /** What the hub found behind these names; never told by an agent, and no part of the content hash. */
  resolved?: readonly ResolvedName[] | undefined;
  /** Virtual addresses of a service inside its cluster. */
  clusterAddresses?: readonly string[] | undefined;
  /** A host-network pod has its node's address; it never stands for a pod address. */
  hostNetwork: boolean;
}

/** Host-network pods and nodes share addresses on purpose; only a pod's own address has one owner. */
export function claimedAddresses(record: EndpointRecord | undefined): readonly string[] {
  return record?.kind === 'pod' && !record.hostNetwork ? record.addresses : [];
}

/** A host name with the addresses behind it, or why there are none. */
export interface ResolvedName {
  name: string;
  addresses: readonly string[];
  problem?: string | undefined;
}

/** Position of a record in its cluster's stream: epochs are issued by the hub, sequences by the agent. */
export interface Version {
  epoch: number;
  sequence: number;
}

/** Negative, zero or positive as `a` is older than, the same as, or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** Id of an endpoint within its cluster: `kind|uid`. */
export function endpointId(endpoint: { kind: EndpointKind; uid: string }): string {
  return `${endpoint.kind}|${endpoint.uid}`;
}

/** What an id of {@link endpointId} is made of. */
export function parseEndpointId(id: string): { kind: string; uid: string } {
  const at = id.indexOf('|');
  return { kind: id.slice(0, at), uid: id.slice(at + 1) };
}

/** Services and ingresses: kinds that only some agents tell. */
export function isServiceKind(kind: string): kind is 'service' | 'ingress' {
  return kind === 'service' || kind === 'ingress';
}

/** Every address that the record holds, whatever it is published as. */
export function everyAddress(record: EndpointRecord): string[] {
  const {
    addresses,
    nodeAddresses = [],
    externalAddresses = [],
    clusterAddresses = [],
    resolved = [],
  } = record;
  const behindNames = resolved.flatMap((one) => one.addresses);
  return [...addresses, ...nodeAddresses, ...externalAddresses, ...clusterAddresses, ...behindNames];
}

/** FNV-1a over UTF-16 code units, 32 bit unsigned: spreads ids over shards and buckets; not a security measure. */
export function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

export const shardCount = 256;

/** Shard 0 to 255 of an endpoint id; agent and hub must agree. */
export function shardOf(id: string): number {
  return spread(id) % shardCount;
}
