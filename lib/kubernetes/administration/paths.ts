import { ZonebridgeError } from '../../core/errors.ts';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';

/** Plural of the kinds that Zonebridge installs or imports, and whether they lie in a namespace. */
const kinds: Readonly<Record<string, { plural: string; namespaced: boolean }>> = {
  'v1/Namespace': { plural: 'namespaces', namespaced: false },
  'apiextensions.k8s.io/v1/CustomResourceDefinition': {
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
  'zonebridge.dev/v1alpha1/AddressGroup': { plural: 'addressgroups', namespaced: true },
  'v1/ServiceAccount': { plural: 'serviceaccounts', namespaced: true },
  'v1/ConfigMap': { plural: 'configmaps', namespaced: true },
  'projectcalico.org/v3/GlobalNetworkPolicy': { plural: 'globalnetworkpolicies', namespaced: false },
  'projectcalico.org/v3/StagedGlobalNetworkPolicy': {
    plural: 'stagedglobalnetworkpolicies',
    namespaced: false,
  },
  'projectcalico.org/v3/Tier': { plural: 'tiers', namespaced: false },
  'projectcalico.org/v3/GlobalNetworkSet': { plural: 'globalnetworksets', namespaced: false },
  'projectcalico.org/v3/GlobalThreatFeed': { plural: 'globalthreatfeeds', namespaced: false },
  'projectcalico.org/v3/EgressGatewayPolicy': { plural: 'egressgatewaypolicies', namespaced: false },
  'operator.tigera.io/v1/EgressGateway': { plural: 'egressgateways', namespaced: true },
  'apps/v1/Deployment': { plural: 'deployments', namespaced: true },
  'apps/v1/DaemonSet': { plural: 'daemonsets', namespaced: true },
  'policy/v1/PodDisruptionBudget': { plural: 'poddisruptionbudgets', namespaced: true },
  'networking.k8s.io/v1/NetworkPolicy': { plural: 'networkpolicies', namespaced: true },
  'rbac.authorization.k8s.io/v1/Role': { plural: 'roles', namespaced: true },
  'rbac.authorization.k8s.io/v1/RoleBinding': { plural: 'rolebindings', namespaced: true },
  'rbac.authorization.k8s.io/v1/ClusterRole': { plural: 'clusterroles', namespaced: false },
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': { plural: 'clusterrolebindings', namespaced: false },
};

/** Path of an object in the Kubernetes API, or of all of its kind when it has an empty name. Throws `configuration/invalid` for a kind that we do not know. */
export function objectPath({ apiVersion, kind, metadata }: KubernetesObject): string {
  const known = kinds[`${apiVersion}/${kind}`];
  // All of a kind may be those of every namespace.
  const placed = metadata.name === '' || known?.namespaced === (metadata.namespace !== undefined);
  if (known === undefined || !placed) {
    const message = `${apiVersion} ${kind} ${metadata.name} is no object that we know like this`;
    throw new ZonebridgeError('configuration/invalid', message);
  }
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place =
    metadata.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(metadata.namespace)}`;
  const name = metadata.name === '' ? '' : `/${encodeURIComponent(metadata.name)}`;
  return `${root}${place}/${known.plural}${name}`;
}
