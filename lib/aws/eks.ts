import {
  AssociateAccessPolicyCommand,
  type Cluster,
  CreateAccessEntryCommand,
  CreatePodIdentityAssociationCommand,
  DeleteAccessEntryCommand,
  DeletePodIdentityAssociationCommand,
  DescribeAccessEntryCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribePodIdentityAssociationCommand,
  type EKSClient,
  ListAccessEntriesCommand,
  ListAddonsCommand,
  ListClustersCommand,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { ZonebridgeError } from '../core/errors.ts';
import type { Addon, Eks, EksCluster, PodIdentity, StoredPodIdentity } from '../core/onboarding/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** EKS over its API, for one region. */
export class EksService implements Eks {
  readonly #client: EKSClient;

  constructor(client: EKSClient) {
    this.#client = client;
  }

  async list(): Promise<string[]> {
    return this.#all('the clusters', async (nextToken) => {
      const { clusters = [], nextToken: next } = await this.#client.send(
        new ListClustersCommand({ nextToken }),
      );
      return { found: clusters, next };
    });
  }

  async describe(name: string): Promise<EksCluster | undefined> {
    return told(`cluster ${name}`, async () => {
      try {
        const { cluster } = await this.#client.send(new DescribeClusterCommand({ name }));
        return cluster === undefined ? undefined : described(name, cluster);
      } catch (error) {
        if (errorName(error) === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    });
  }

  async addons(clusterName: string): Promise<Addon[]> {
    const names = await this.#all(`the add-ons of ${clusterName}`, async (nextToken) => {
      const answer = await this.#client.send(new ListAddonsCommand({ clusterName, nextToken }));
      return { found: answer.addons ?? [], next: answer.nextToken };
    });
    const found: Addon[] = [];
    for (const addonName of names)
      found.push(
        await told(`add-on ${addonName}`, async () => {
          const { addon } = await this.#client.send(new DescribeAddonCommand({ clusterName, addonName }));
          return {
            name: addonName,
            version: addon?.addonVersion ?? 'unknown',
            status: addon?.status ?? 'UNKNOWN',
          };
        }),
      );
    return found;
  }

  async podIdentity(
    clusterName: string,
    { namespace, serviceAccount }: { namespace: string; serviceAccount: string },
  ): Promise<StoredPodIdentity | undefined> {
    const place = { clusterName, namespace, serviceAccount };
    const ids = await this.#all(`the pod identities of ${clusterName}`, async (nextToken) => {
      const answer = await this.#client.send(new ListPodIdentityAssociationsCommand({ ...place, nextToken }));
      // Filtered here as well: an answer without the filter must not make us take another one for ours.
      const ours = (answer.associations ?? []).filter(
        (one) => one.namespace === namespace && one.serviceAccount === serviceAccount,
      );
      return { found: ours.flatMap(({ associationId }) => associationId ?? []), next: answer.nextToken };
    });
    const [associationId] = ids;
    if (associationId === undefined) return undefined;
    return told(`pod identity ${associationId}`, async () => {
      const command = new DescribePodIdentityAssociationCommand({ clusterName, associationId });
      const { association } = await this.#client.send(command);
      const { roleArn = '', targetRoleArn } = association ?? {};
      return {
        id: associationId,
        namespace,
        serviceAccount,
        roleArn,
        targetRoleArn: targetRoleArn || undefined,
      };
    });
  }

  async createPodIdentity(clusterName: string, identity: PodIdentity): Promise<void> {
    const { targetRoleArn, ...rest } = identity;
    const target = targetRoleArn === undefined ? {} : { targetRoleArn };
    await told(`the pod identity of ${identity.namespace}/${identity.serviceAccount}`, async () =>
      this.#client.send(
        new CreatePodIdentityAssociationCommand({ clusterName, ...rest, ...target, tags: ownTag }),
      ),
    );
  }

  async deletePodIdentity(clusterName: string, associationId: string): Promise<void> {
    await told(`pod identity ${associationId}`, async () =>
      this.#client.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId })),
    );
  }

  async accessEntries(clusterName: string): Promise<string[]> {
    return this.#all(`the access entries of ${clusterName}`, async (nextToken) => {
      const answer = await this.#client.send(new ListAccessEntriesCommand({ clusterName, nextToken }));
      return { found: answer.accessEntries ?? [], next: answer.nextToken };
    });
  }

  async madeEntryAt(clusterName: string, principalArn: string): Promise<number | undefined> {
    return told(`the access entry of ${principalArn}`, async () => {
      try {
        const command = new DescribeAccessEntryCommand({ clusterName, principalArn });
        const { accessEntry } = await this.#client.send(command);
        const isOurs = accessEntry?.tags?.[ownTagName] === 'true';
        return isOurs ? accessEntry.createdAt?.getTime() : undefined;
      } catch (error) {
        if (errorName(error) === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    });
  }

  async admit(clusterName: string, principalArn: string): Promise<void> {
    const partition = principalArn.split(':')[1] ?? 'aws';
    await told(`the access entry of ${principalArn}`, async () => {
      await this.#client.send(new CreateAccessEntryCommand({ clusterName, principalArn, tags: ownTag }));
      await this.#client.send(
        new AssociateAccessPolicyCommand({
          clusterName,
          principalArn,
          policyArn: `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
          accessScope: { type: 'cluster' },
        }),
      );
    });
  }

  async dismiss(clusterName: string, principalArn: string): Promise<void> {
    await told(`the access entry of ${principalArn}`, async () => {
      try {
        await this.#client.send(new DeleteAccessEntryCommand({ clusterName, principalArn }));
      } catch (error) {
        if (errorName(error) !== 'ResourceNotFoundException') throw error;
      }
    });
  }

  /** All pages of a listing; one that fails midway is no listing. */
  async #all(
    what: string,
    page: (nextToken: string | undefined) => Promise<{ found: string[]; next: string | undefined }>,
  ): Promise<string[]> {
    return told(what, async () => {
      const all: string[] = [];
      let next: string | undefined;
      do {
        const answer = await page(next);
        all.push(...answer.found);
        next = answer.next || undefined;
      } while (next !== undefined);
      return all;
    });
  }
}

/** Of all access entries, those that carry it are temporary: whoever takes it off keeps the entry. */
const ownTagName = 'zonebridge.dev/managed';
const ownTag = { [ownTagName]: 'true' };

function described(name: string, cluster: Cluster): EksCluster {
  const { certificateAuthority, accessConfig, resourcesVpcConfig, computeConfig, identity } = cluster;
  return {
    name,
    arn: cluster.arn ?? '',
    status: cluster.status ?? 'UNKNOWN',
    version: cluster.version ?? '',
    endpoint: cluster.endpoint ?? '',
    certificateAuthority: Buffer.from(certificateAuthority?.data ?? '', 'base64').toString(),
    // What the API takes when nobody chose: the mode of clusters that are older than access entries.
    authenticationMode: accessConfig?.authenticationMode ?? 'CONFIG_MAP',
    autoMode: computeConfig?.enabled === true,
    publicEndpoint: resourcesVpcConfig?.endpointPublicAccess !== false,
    oidcIssuer: identity?.oidc?.issuer,
    createdAt: cluster.createdAt?.getTime() ?? 0,
    tags: cluster.tags ?? {},
  };
}

const accessDenied =
  /^(AccessDenied|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|Expired|Credentials|TokenProvider|SSOToken)/;

/** Runs a call and says its failure in our own words. */
async function told<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no reason given';
    if (translate(error, 'EKS') !== error)
      throw new ZonebridgeError('cluster/unreachable', `EKS did not answer about ${what}: ${reason}`, {
        cause: error,
      });
    const code = accessDenied.test(errorName(error)) ? 'cluster/access-denied' : 'cluster/refused';
    throw new ZonebridgeError(code, `EKS refuses ${what}: ${errorName(error)}: ${reason}`, { cause: error });
  }
}
