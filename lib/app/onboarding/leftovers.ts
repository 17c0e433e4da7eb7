import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import type { ClusterApi } from '../../core/onboarding/ports.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
/** Bindings first: a role that nobody has does no harm. */
const kinds = ['ClusterRoleBinding', 'RoleBinding', 'ClusterRole', 'Role'];
const ours = { name: 'app.kubernetes.io/managed-by', value: 'zonebridge' };

/**
 * Rights that the agent got for what the configuration does not want any more: a feature that was taken out, a namespace that has no gates now.
 * Whoever took our label off has taken the object over.
 */
export async function leftoverRights(
  api: ClusterApi,
  wanted: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const titles = new Set(wanted.map(objectTitle));
  const found = await Promise.all(
    kinds.map((kind) => api.list({ apiVersion, kind, namespace: undefined }, ours)),
  );
  return found
    .flat()
    .filter(
      (object) => object.metadata.name.startsWith('zonebridge-agent') && !titles.has(objectTitle(object)),
    );
}
