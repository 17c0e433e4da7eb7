import type { JsonObject } from '../model.ts';
import type { Resource } from '../resource.ts';

const systemInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

/** The annotation of nodes that run pods here, the same as in the sandbox with a real API. */
const playedAnnotation = 'kwok.x-k8s.io/node';

const notReadyTaint: JsonObject = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const nodes: Resource = {
  group: '',
  version: 'v1',
  plural: 'nodes',
  singular: 'node',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  subresources: ['status'],
  prepare(node) {
    const spec = (node.spec ??= {});
    const taints = Array.isArray(spec['taints']) ? spec['taints'] : [];
    // Nothing is scheduled on a node that has never said it is ready.
    spec['taints'] = [...taints, notReadyTaint];
    node.status = {
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: { ...systemInfo },
      ...node.status,
    };
  },
  fields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.['unschedulable'] === true) }),
};

/** Whether pods on the node get addresses and run by themselves. */
export function isPlayed(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[playedAnnotation] === 'fake';
}

export const playedNodeAnnotations: Readonly<Record<string, string>> = { [playedAnnotation]: 'fake' };
