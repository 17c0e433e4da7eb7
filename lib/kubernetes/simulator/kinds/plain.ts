import type { Resource } from '../resource.ts';

/** Kinds that are kept and shown, and that nothing here acts on. */
export const plainKinds: readonly Resource[] = [
  {
    group: '',
    version: 'v1',
    plural: 'configmaps',
    singular: 'configmap',
    kind: 'ConfigMap',
    namespaced: true,
    shortNames: ['cm'],
  },
  {
    group: '',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    namespaced: true,
    shortNames: ['ev'],
  },
  {
    group: '',
    version: 'v1',
    plural: 'serviceaccounts',
    singular: 'serviceaccount',
    kind: 'ServiceAccount',
    namespaced: true,
    shortNames: ['sa'],
    subresources: ['token'],
    deletionShowsObject: true,
  },
  {
    group: 'apps',
    version: 'v1',
    plural: 'daemonsets',
    singular: 'daemonset',
    kind: 'DaemonSet',
    namespaced: true,
    shortNames: ['ds'],
    subresources: ['status'],
    counted: true,
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    plural: 'ingresses',
    singular: 'ingress',
    kind: 'Ingress',
    namespaced: true,
    shortNames: ['ing'],
    subresources: ['status'],
    counted: true,
  },
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    singular: 'lease',
    kind: 'Lease',
    namespaced: true,
    createdByUpdate: true,
  },
  rbac('Role', true),
  rbac('RoleBinding', true),
  rbac('ClusterRole', false),
  rbac('ClusterRoleBinding', false),
];

function rbac(kind: string, namespaced: boolean): Resource {
  const singular = kind.toLowerCase();
  return {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: `${singular}s`,
    singular,
    kind,
    namespaced,
  };
}
