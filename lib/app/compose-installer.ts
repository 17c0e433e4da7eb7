import { assumedRole } from '../aws/assumed-role.ts';
import { StsCaller } from '../aws/caller.ts';
import { clustersClient } from '../aws/clients/clusters.ts';
import { clusterIdentitiesClient } from '../aws/clients/cluster-identities.ts';
import { EksService } from '../aws/eks.ts';
import { EksTokens } from '../aws/eks-token.ts';
import { systemClock } from '../aws/system.ts';
import type { Installer } from '../core/onboarding/ports.ts';
import { type Entrance, HttpsClusterApi } from '../kubernetes/administration/cluster-api.ts';
import { agentObjects, shippedManifests } from '../kubernetes/manifests/agent-manifests.ts';

/** How a cluster is reached. */
export interface InstallerWay {
  /** Of the cluster. */
  region: string;
  /** Role to take in the account of the cluster. */
  assume?: string | undefined;
  /** A way into the cluster of the operator's own, instead of EKS. */
  entrance?: Entrance | undefined;
}

/** The real EKS and Kubernetes behind the ports of onboarding. */
export function composeInstaller({ region, assume, entrance }: InstallerWay): Installer {
  const known = { region, session: 'zonebridge-onboard', refusal: 'cluster/access-denied' } as const;
  const credentials = assume === undefined ? undefined : assumedRole(assume, known);
  const identities = clusterIdentitiesClient(region, credentials);
  return {
    eks: new EksService(clustersClient(region, credentials)),
    caller: new StsCaller(identities),
    ownAccess: entrance !== undefined,
    api({ name, endpoint, certificateAuthority }) {
      if (entrance !== undefined) return new HttpsClusterApi(entrance);
      const tokens = new EksTokens(identities, name, () => systemClock.now());
      return new HttpsClusterApi({
        url: endpoint,
        credentials: async () => ({ ca: certificateAuthority, token: await tokens.token() }),
      });
    },
    manifests: async (settings) => agentObjects(shippedManifests(), settings),
  };
}

/**
 * For a function: its session tells the name of its role without the path that all roles of a hub have, and an access entry needs it.
 */
export function withOwnRole(installer: Installer, rolePath = '/'): Installer {
  const principal = async (): Promise<string | undefined> => {
    const arn = await installer.caller.principal();
    const session = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn ?? '');
    return session === null ? arn : `arn:${session[1]}:iam::${session[2]}:role${rolePath}${session[3]}`;
  };
  return { ...installer, caller: { principal } };
}
