import type { Cluster } from '../cluster.ts';
import { pods } from '../kinds/pod.ts';
import { replicaSets } from '../kinds/replica-set.ts';
import { AddressPlan } from './addresses.ts';
import { DeploymentController } from './deployments.ts';
import { GarbageController } from './garbage.ts';
import { NodeController } from './nodes.ts';
import { Owned } from './owned.ts';
import { PodController } from './pods.ts';
import { ReplicaSetController } from './replica-sets.ts';

export interface ControllerOptions {
  /** Out of which nodes get the ranges of their pods. */
  podCidr: string;
  /** Length of the prefix of a node's range. */
  nodePrefix: number;
}

/** Starts everything that makes a cluster of an API: nodes, scheduling, addresses, Deployments, garbage. */
export function startControllers(cluster: Cluster, options: ControllerOptions): { stop(): void } {
  const plan = new AddressPlan(options.podCidr, options.nodePrefix);
  const ownedPods = new Owned(cluster.store, pods);
  const ownedSets = new Owned(cluster.store, replicaSets);
  const nodes = new NodeController(cluster, plan);
  const controllers = [
    nodes,
    new PodController(cluster, nodes, plan),
    new ReplicaSetController(cluster, ownedPods),
    new DeploymentController(cluster, ownedSets),
    new GarbageController(cluster, [ownedPods, ownedSets]),
  ];
  return {
    stop: () => {
      for (const controller of controllers) controller.stop();
    },
  };
}
