import { z } from 'zod';
import { gateType } from '../core/gates/gate.ts';
import type { Labels } from '../core/model/endpoint.ts';
import { asManyAsTold, canonical, metadata, read, text, type Warn } from './read-object.ts';
import type { ServiceProjection } from './services.ts';

/** What is kept of a pod. Everything else of the object is dropped on arrival. */
export interface PodProjection {
  kind: 'pod';
  uid: string;
  name: string;
  namespace: string;
  labels: Labels;
  serviceAccount?: string;
  /** Name of the node; absent until the pod is scheduled. */
  node?: string;
  hostNetwork: boolean;
  /** Canonical; empty before the pod has an address and from the moment it is terminated. */
  addresses: readonly string[];
  /** When its node took it on, by whole seconds, in milliseconds since 1970. */
  started?: number;
  /** Our readiness gate, when the pod has one. */
  gate?: 'open' | 'closed';
}

export interface NodeProjection {
  kind: 'node';
  uid: string;
  name: string;
  labels: Labels;
  /** Canonical internal addresses of both families. */
  addresses: readonly string[];
}

export interface NamespaceProjection {
  kind: 'namespace';
  uid: string;
  name: string;
  labels: Labels;
  /** Milliseconds since 1970. */
  created: number;
}

export type Projection = PodProjection | NodeProjection | NamespaceProjection | ServiceProjection;

// zod drops the fields it does not know: the schema is the projection.
const podObject = z.object({
  metadata: metadata.extend({ namespace: text }),
  spec: z.object({
    nodeName: z.string().nullish(),
    serviceAccountName: z.string().nullish(),
    hostNetwork: z.boolean().nullish(),
    readinessGates: z.array(z.object({ conditionType: z.string() })).nullish(),
  }),
  status: z
    .object({
      phase: z.string().nullish(),
      podIP: z.string().nullish(),
      podIPs: z.array(z.object({ ip: z.string().nullish() })).nullish(),
      startTime: z.string().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

const nodeObject = z.object({
  metadata,
  status: z
    .object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() })
    .nullish(),
});

const namespaceObject = z.object({
  metadata: metadata.extend({ creationTimestamp: z.iso.datetime({ offset: true }) }),
});

/**
 * Projection of a pod of the Kubernetes API, or undefined (with a warning) when it is none.
 *
 * - No address yet: `addresses` is empty; the record exists, so that labels are known before the address is.
 * - Phase Succeeded or Failed: `addresses` is empty at once. The containers have ended and the address may be given to
 *   another pod, while the object can stay for days.
 * - `deletionTimestamp` set but not yet terminated: keeps its addresses until it is gone; it still serves while it drains.
 * - Host network: keeps the addresses of its status, which are its node's, with `hostNetwork` set.
 * - Dual stack: all of `status.podIPs`, in order; `status.podIP` alone when an old API gives no list.
 * - Not Ready changes nothing: an endpoint counts from the moment its address is known.
 */
export function projectPod(object: unknown, warn: Warn): PodProjection | undefined {
  const pod = read(podObject, object, warn);
  if (!pod) return undefined;
  const { metadata, spec, status } = pod;
  const terminated = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const listed = status?.podIPs?.map(({ ip }) => ip) ?? [];
  const given = listed.length > 0 ? listed : [status?.podIP];
  const owner = `pod ${metadata.namespace}/${metadata.name}`;
  return {
    kind: 'pod',
    uid: metadata.uid,
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    ...(spec.serviceAccountName ? { serviceAccount: spec.serviceAccountName } : {}),
    ...(spec.nodeName ? { node: spec.nodeName } : {}),
    hostNetwork: spec.hostNetwork ?? false,
    addresses: terminated ? [] : asManyAsTold(canonical(given, owner, warn), owner, warn),
    ...startedOf(pod),
    ...gateOf(pod),
  };
}

function startedOf({ status }: z.output<typeof podObject>): Pick<PodProjection, 'started'> {
  const started = Date.parse(status?.startTime ?? '');
  return Number.isNaN(started) ? {} : { started };
}

function gateOf({ spec, status }: z.output<typeof podObject>): Pick<PodProjection, 'gate'> {
  if (!spec.readinessGates?.some(({ conditionType }) => conditionType === gateType)) return {};
  const isOpen = status?.conditions?.some(({ type, status }) => type === gateType && status === 'True');
  return { gate: isOpen ? 'open' : 'closed' };
}

/**
 * Projection of a node: all addresses of type InternalIP, of both families. ExternalIP is left out: it is an address of
 * the internet gateway, never seen on traffic inside the network; Hostname and DNS names are no addresses. Of more than a record may hold, some
 * are left out: the hub would refuse the node, and all its pods with it.
 */
export function projectNode(object: unknown, warn: Warn): NodeProjection | undefined {
  const node = read(nodeObject, object, warn);
  if (!node) return undefined;
  const { metadata, status } = node;
  const owner = `node ${metadata.name}`;
  const internal = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  return {
    kind: 'node',
    uid: metadata.uid,
    name: metadata.name,
    labels: metadata.labels ?? {},
    addresses: asManyAsTold(
      canonical(
        internal.map(({ address }) => address),
        owner,
        warn,
      ),
      owner,
      warn,
    ),
  };
}

/** Projection of a namespace: its labels and when it was created. */
export function projectNamespace(object: unknown, warn: Warn): NamespaceProjection | undefined {
  const namespace = read(namespaceObject, object, warn);
  if (!namespace) return undefined;
  const { metadata } = namespace;
  return {
    kind: 'namespace',
    uid: metadata.uid,
    name: metadata.name,
    labels: metadata.labels ?? {},
    created: Date.parse(metadata.creationTimestamp),
  };
}
