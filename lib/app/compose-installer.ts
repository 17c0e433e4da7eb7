import { assumedRole } from '../aws/assumed-role.ts';
import { StsCaller } from '../aws/caller.ts';
import { clustersClient } from '../aws/clients/clusters.ts';
import { clusterIdentitiesClient } from '../aws/clients/cluster-identities.ts';
import { EksService } from '../aws/eks.ts';
import { EksTokens } from '../aws/eks-token.ts';
import { systemClock } from '../aws/system.ts';
import type { Installer } from '../core/onboarding/ports.ts';
import { HttpsClusterApi } from '../kubernetes/administration/cluster-api.ts';
import { kubeconfigEntrance } from '../kubernetes/administration/kubeconfig.ts';
import { agentObjects, shippedManifests } from '../kubernetes/manifests/agent-manifests.ts';

/** How a cluster is reached. */
export interface InstallerWay {
  /** Of the cluster. */
  region: string;
  /** Role to take in the account of the cluster. */
  assume?: string | undefined;
  /** Kubeconfig to go in by instead of EKS. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

/** The real EKS and Kubernetes behind the ports of onboarding. */
export function composeInstaller({ region, assume, kubeconfig, context }: InstallerWay): Installer {
  const credentials = assume === undefined ? undefined : assumedRole(assume, region);
  const identities = clusterIdentitiesClient(region, credentials);
  return {
    eks: new EksService(clustersClient(region, credentials)),
    caller: new StsCaller(identities),
    ownAccess: kubeconfig !== undefined,
    api({ name, endpoint, certificateAuthority }) {
      if (kubeconfig !== undefined) return new HttpsClusterApi(kubeconfigEntrance(kubeconfig, context));
      const tokens = new EksTokens(identities, name, () => systemClock.now());
      return new HttpsClusterApi({
        url: endpoint,
        credentials: async () => ({ ca: certificateAuthority, token: await tokens.token() }),
      });
    },
    manifests: async (settings) => agentObjects(shippedManifests(), settings),
  };
}
