import { z } from 'zod';
import { addressesMost, type Labels } from '../core/model/endpoint.ts';
import { canonical, metadata, read, text, type Warn } from './read-object.ts';

/** What is kept of a service or ingress. */
export interface ServiceProjection {
  kind: 'service' | 'ingress';
  uid: string;
  name: string;
  namespace: string;
  labels: Labels;
  /** A load balancer answers for it, or shall: it is a service of that type, or an ingress. */
  balanced: boolean;
  /** Canonical addresses of the load balancer; empty before it has any. */
  addresses: readonly string[];
  /** Its names, as they are written, when the cloud gives names instead of addresses. */
  hostNames: readonly string[];
  /** Canonical `spec.externalIPs`: whoever may write services chooses them. */
  externalAddresses: readonly string[];
  /** Canonical virtual addresses inside the cluster; empty for a headless service. */
  clusterAddresses: readonly string[];
}

const balancer = z
  .object({
    ingress: z.array(z.object({ ip: z.string().nullish(), hostname: z.string().nullish() })).nullish(),
  })
  .nullish();

const serviceObject = z.object({
  metadata: metadata.extend({ namespace: text }),
  spec: z
    .object({
      type: z.string().nullish(),
      clusterIP: z.string().nullish(),
      clusterIPs: z.array(z.string()).nullish(),
      externalIPs: z.array(z.string()).nullish(),
    })
    .nullish(),
  status: z.object({ loadBalancer: balancer }).nullish(),
});

const ingressObject = z.object({
  metadata: metadata.extend({ namespace: text }),
  status: z.object({ loadBalancer: balancer }).nullish(),
});

/** Projection of a service of the Kubernetes API (v1), or undefined (with a warning) when it is none. */
export function projectService(object: unknown, warn: Warn): ServiceProjection | undefined {
  const service = read(serviceObject, object, warn);
  if (!service) return undefined;
  const { metadata, spec, status } = service;
  const owner = `service ${metadata.namespace}/${metadata.name}`;
  const virtual = spec?.clusterIPs ?? [spec?.clusterIP];
  return {
    ...named('service', metadata),
    balanced: spec?.type === 'LoadBalancer',
    ...balancerOf(status?.loadBalancer, owner, warn),
    externalAddresses: canonical(spec?.externalIPs ?? [], owner, warn).slice(0, addressesMost),
    // A headless service says None.
    clusterAddresses: canonical(
      virtual.filter((one) => one !== 'None'),
      owner,
      warn,
    ),
  };
}

/** Projection of an ingress of the Kubernetes API (networking.k8s.io/v1), or undefined (with a warning) when it is none. */
export function projectIngress(object: unknown, warn: Warn): ServiceProjection | undefined {
  const ingress = read(ingressObject, object, warn);
  if (!ingress) return undefined;
  const { metadata, status } = ingress;
  return {
    ...named('ingress', metadata),
    balanced: true,
    ...balancerOf(status?.loadBalancer, `ingress ${metadata.namespace}/${metadata.name}`, warn),
    externalAddresses: [],
    clusterAddresses: [],
  };
}

function named<K extends 'service' | 'ingress'>(
  kind: K,
  { uid, name, namespace, labels }: z.output<typeof serviceObject>['metadata'],
) {
  return { kind, uid, name, namespace, labels: labels ?? {} };
}

/** Names as RFC 1123 and the Kubernetes API have them. */
const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

function balancerOf(
  status: z.output<typeof balancer>,
  owner: string,
  warn: Warn,
): Pick<ServiceProjection, 'addresses' | 'hostNames'> {
  const given = status?.ingress ?? [];
  const names = given.flatMap(({ hostname }) => hostname || []);
  const good = names.filter((name) => name.length <= 253 && hostName.test(name));
  if (good.length < names.length) warn('address-invalid', `${owner} has a host name that is none`);
  return {
    addresses: canonical(
      given.map(({ ip }) => ip),
      owner,
      warn,
    ).slice(0, addressesMost),
    hostNames: [...new Set(good)].slice(0, addressesMost),
  };
}
