import type { Cluster } from './cluster.ts';
import { namespaces } from './kinds/namespace.ts';
import { nodes, playedNodeAnnotations } from './kinds/node.ts';
import type { ApiObject } from './model.ts';

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** What every new cluster holds, and nodes that run pods. */
export function seed(cluster: Cluster, nodeCount: number): void {
  for (const name of systemNamespaces) cluster.writer.create(namespaces, named(name));
  for (let number = 1; number <= nodeCount; number++) {
    const name = `node-${number}`;
    const node = named(name);
    node.metadata.labels = { 'kubernetes.io/hostname': name };
    node.metadata.annotations = { ...playedNodeAnnotations };
    cluster.writer.create(nodes, node);
  }
}

function named(name: string): ApiObject {
  return { metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' } };
}
