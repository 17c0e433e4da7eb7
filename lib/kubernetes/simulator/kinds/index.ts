import type { Resource } from '../resource.ts';
import { deployments } from './deployment.ts';
import { namespaces } from './namespace.ts';
import { nodes } from './node.ts';
import { plainKinds } from './plain.ts';
import { pods } from './pod.ts';
import { replicaSets } from './replica-set.ts';
import { services } from './service.ts';

/** Everything this API serves. */
export const resources: readonly Resource[] = [
  pods,
  nodes,
  namespaces,
  services,
  deployments,
  replicaSets,
  ...plainKinds,
];
