import type { ClusterApi } from '../core/onboarding/ports.ts';
import { HttpsClusterApi } from '../kubernetes/administration/cluster-api.ts';
import { kubeconfigEntrance } from '../kubernetes/administration/kubeconfig.ts';

/** A cluster that a kubeconfig names, to look into it alone. Throws `command/usage` for one that cannot be used. */
export function composeClusterReader(kubeconfig: string, context?: string): Pick<ClusterApi, 'list'> {
  return new HttpsClusterApi(kubeconfigEntrance(kubeconfig, context));
}
