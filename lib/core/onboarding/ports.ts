import type { Caller } from '../ports.ts';
import type { AgentSettings } from './agent-settings.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** What EKS says of a cluster (DescribeCluster). */
export interface EksCluster {
  name: string;
  arn: string;
  status: string;
  /** Kubernetes version such as `1.33`. */
  version: string;
  endpoint: string;
  /** PEM of the authority that signed the certificate of the endpoint. */
  certificateAuthority: string;
  authenticationMode: 'CONFIG_MAP' | 'API_AND_CONFIG_MAP' | 'API';
  autoMode: boolean;
  publicEndpoint: boolean;
  /** Issuer of the cluster's OIDC provider, when it has one. */
  oidcIssuer: string | undefined;
  /** Milliseconds since 1970; 0 when EKS does not say. */
  createdAt: number;
  tags: Readonly<Record<string, string>>;
}

export interface Addon {
  name: string;
  version: string;
  status: string;
}

/** A service account and the role it gets. */
export interface PodIdentity {
  namespace: string;
  serviceAccount: string;
  /** In the account of the cluster. */
  roleArn: string;
  /** In another account, taken with the first. */
  targetRoleArn: string | undefined;
}

export interface StoredPodIdentity extends PodIdentity {
  id: string;
}

/** EKS of one account and region. All throw `cluster/unreachable`, `cluster/access-denied` or `cluster/refused`. */
export interface Eks {
  /** Names of all clusters. */
  list(): Promise<string[]>;
  /** Undefined when there is no cluster of this name. */
  describe(cluster: string): Promise<EksCluster | undefined>;
  addons(cluster: string): Promise<Addon[]>;
  /** The association of one service account; there is at most one. */
  podIdentity(
    cluster: string,
    account: { namespace: string; serviceAccount: string },
  ): Promise<StoredPodIdentity | undefined>;
  createPodIdentity(cluster: string, identity: PodIdentity): Promise<void>;
  deletePodIdentity(cluster: string, id: string): Promise<void>;
  /** ARNs of everybody with an access entry. */
  accessEntries(cluster: string): Promise<string[]>;
  /** When an access entry was made by `admit`, milliseconds since 1970; undefined for one that is gone, or that is not ours. */
  madeEntryAt(cluster: string, principal: string): Promise<number | undefined>;
  /** Makes an access entry with the rights of an administrator of the whole cluster. */
  admit(cluster: string, principal: string): Promise<void>;
  /** Deletes an access entry; one that is gone is no error. */
  dismiss(cluster: string, principal: string): Promise<void>;
}

/** What became of an object. */
export type Applied = 'created' | 'changed' | 'unchanged';

/** The Kubernetes API of one cluster. Throws `cluster/unreachable`; refusals are `cluster/refused` with `fields.status`. */
export interface ClusterApi {
  /** Server-side apply. With `dryRun` the API checks and stores nothing. */
  apply(object: KubernetesObject, options?: { dryRun?: boolean; force?: boolean }): Promise<Applied>;
  /** Undefined when it is not there. */
  read(object: KubernetesObject): Promise<KubernetesObject | undefined>;
  /** All objects of a kind, or those that carry a label, in a namespace or everywhere. A page that is missing throws. */
  list(
    kind: { apiVersion: string; kind: string; namespace: string | undefined },
    label?: { name: string; value: string },
  ): Promise<KubernetesObject[]>;
  /** False when it was not there. Deletes only what still has this uid. */
  remove(object: KubernetesObject, uid: string): Promise<boolean>;
}

/** What `onboard` and `offboard` touch of one cluster's account. */
export interface Installer {
  eks: Eks;
  /** Who we are in the account of the cluster. */
  caller: Caller;
  /** With a kubeconfig of the operator the cluster that it names; otherwise what EKS gives, with a fresh token for each request. */
  api(cluster: EksCluster): ClusterApi;
  /** The way into the cluster is the operator's own and not made by us. */
  ownAccess: boolean;
  manifests(settings: AgentSettings): Promise<KubernetesObject[]>;
}
