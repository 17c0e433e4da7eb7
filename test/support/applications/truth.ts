import type { V1Namespace, V1Node, V1Pod, V1Service } from '@kubernetes/client-node';

/** What a group shall hold, in the API's own words: it is the API that compares labels here, none of our code. */
export interface Truth {
  kind: 'pods' | 'nodes of pods' | 'nodes' | 'load balancers' | 'virtual addresses';
  /** Label selector over namespaces; everything but nodes lies in one. */
  namespaces?: string;
  /** Label selector over the objects. */
  select: string;
}

/** What the API answers to the selectors of a truth, with all nodes. */
export interface Answer {
  namespaces: readonly V1Namespace[];
  selected: readonly (V1Pod | V1Node | V1Service)[];
  nodes: readonly V1Node[];
}

/** Path of the objects that a truth selects. */
export function pathOf({ kind }: Truth): string {
  if (kind === 'nodes') return '/api/v1/nodes';
  return kind === 'pods' || kind === 'nodes of pods' ? '/api/v1/pods' : '/api/v1/services';
}

/** Addresses that belong into the group by this answer, sorted, each once. */
export function addressesBy(truth: Truth, { namespaces, nodes, selected }: Answer): string[] {
  const inScope = new Set(namespaces.map(({ metadata }) => metadata?.name));
  const found = selected
    .filter(({ metadata }) => truth.kind === 'nodes' || inScope.has(metadata?.namespace))
    .flatMap((object) => addressesOf(truth, object, nodes));
  return [...new Set(found)].sort();
}

function addressesOf({ kind }: Truth, object: V1Pod | V1Node | V1Service, nodes: readonly V1Node[]) {
  if (kind === 'nodes') return internal(object as V1Node);
  if (kind === 'load balancers')
    return (object as V1Service).status?.loadBalancer?.ingress?.flatMap(({ ip }) => ip ?? []) ?? [];
  if (kind === 'virtual addresses')
    return (object as V1Service).spec?.clusterIPs?.filter((one) => one !== 'None') ?? [];
  const pod = object as V1Pod;
  const own = ownAddresses(pod);
  if (kind === 'pods') return pod.spec?.hostNetwork ? [] : own;
  return own.length === 0
    ? []
    : nodes.filter(({ metadata }) => metadata?.name === pod.spec?.nodeName).flatMap(internal);
}

function ownAddresses({ status }: V1Pod): string[] {
  // Its containers have ended, and its address may be somebody else's by now.
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  return status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [];
}

function internal({ status }: V1Node): string[] {
  return (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}
