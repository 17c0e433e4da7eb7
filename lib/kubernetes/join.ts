import type { EndpointRecord } from '../core/model/endpoint.ts';
import type { NamespaceProjection, NodeProjection, PodProjection } from './projection.ts';
import type { ServiceProjection } from './services.ts';

/**
 * The record of a pod: its projection joined with its namespace and its node.
 *
 * The namespace's labels carry `projectcalico.org/name` and `kubernetes.io/metadata.name`, so that a selector can name it;
 * both say the true name, whatever somebody wrote there. Without a node (not scheduled, or the node is gone) the record
 * has no `nodeAddresses`.
 */
export function joinPod(
  pod: PodProjection,
  namespace: NamespaceProjection,
  node: NodeProjection | undefined,
): EndpointRecord {
  return {
    kind: 'pod',
    uid: pod.uid,
    name: pod.name,
    namespace: pod.namespace,
    labels: pod.labels,
    ...inNamespace(namespace),
    ...(pod.serviceAccount === undefined ? {} : { serviceAccount: pod.serviceAccount }),
    addresses: pod.addresses,
    ...(pod.node === undefined ? {} : { node: pod.node }),
    ...(node === undefined ? {} : { nodeAddresses: node.addresses }),
    hostNetwork: pod.hostNetwork,
  };
}

/** The record of a service or ingress: its projection joined with its namespace, as a pod's is. */
export function joinService(service: ServiceProjection, namespace: NamespaceProjection): EndpointRecord {
  const { kind, uid, name, labels, addresses, hostNames, externalAddresses, clusterAddresses } = service;
  return {
    kind,
    uid,
    name,
    namespace: service.namespace,
    labels,
    ...inNamespace(namespace),
    addresses,
    ...(hostNames.length === 0 ? {} : { hostNames }),
    ...(externalAddresses.length === 0 ? {} : { externalAddresses }),
    ...(clusterAddresses.length === 0 ? {} : { clusterAddresses }),
    hostNetwork: false,
  };
}

function inNamespace({ labels, name, created }: NamespaceProjection) {
  const namespaceLabels = {
    ...labels,
    'kubernetes.io/metadata.name': name,
    'projectcalico.org/name': name,
  };
  return { namespaceLabels, namespaceCreated: created };
}

/** The record of a node. */
export function nodeRecord(node: NodeProjection): EndpointRecord {
  return {
    kind: 'node',
    uid: node.uid,
    name: node.name,
    labels: node.labels,
    addresses: node.addresses,
    hostNetwork: false,
  };
}
