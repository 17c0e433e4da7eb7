import type { Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal,
  type IPrincipal,
  ServicePrincipal,
  SessionTagsPrincipal,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { ClusterConfiguration, HubConfiguration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import { roleArn } from '../app/configuration/role-arns.ts';

interface Agent {
  hub: HubConfiguration;
  /** Key of the cluster's entry in the configuration. */
  key: string;
  cluster: ClusterConfiguration;
}

/**
 * The role by which an agent comes to the hub, in the account of its cluster. EKS takes it first, and with it the role of the hub; it
 * bears the same name and path.
 */
export function sourceRoleArn({ hub, key, cluster }: Agent): string {
  return roleArn(hub, cluster, names.agentRole(hub.name, key));
}

/** Who may take the role of an agent in the hub's account. */
export function agentPrincipal(stack: Stack, agent: Agent): IPrincipal {
  const { cluster } = agent;
  if (cluster.oidcProvider !== undefined) return webIdentity(stack, cluster, cluster.oidcProvider);
  if (cluster.account === stack.account) return podIdentity(stack, cluster);
  const account = new AccountPrincipal(cluster.account).withConditions({
    StringEquals: agentTags(stack, cluster),
    ArnEquals: { 'aws:PrincipalArn': sourceRoleArn(agent) },
  });
  return new SessionTagsPrincipal(account);
}

/** EKS on behalf of one service account of one cluster, in the account of the cluster. */
export function podIdentity(stack: Stack, cluster: ClusterConfiguration): IPrincipal {
  const conditions = { StringEquals: agentTags(stack, cluster) };
  return new SessionTagsPrincipal(new ServicePrincipal('pods.eks.amazonaws.com', { conditions }));
}

/** The session tags that EKS sets (EKS user guide, pages on the role, on session tags and on target roles of pod identity). */
function agentTags(stack: Stack, cluster: ClusterConfiguration): Record<string, string> {
  return {
    'aws:RequestTag/eks-cluster-arn': stack.formatArn({
      service: 'eks',
      account: cluster.account,
      region: cluster.region,
      resource: 'cluster',
      resourceName: cluster.name,
    }),
    'aws:RequestTag/kubernetes-namespace': cluster.namespace,
    'aws:RequestTag/kubernetes-service-account': cluster.serviceAccount,
  };
}

/**
 * Without pod identity: the service account's own token, through the OIDC provider of the cluster, which IAM of the hub's account has to
 * know. Audience and subject as the EKS user guide gives them for IAM roles for service accounts.
 */
function webIdentity(
  stack: Stack,
  { namespace, serviceAccount }: ClusterConfiguration,
  provider: string,
): IPrincipal {
  const arn = stack.formatArn({
    service: 'iam',
    region: '',
    resource: 'oidc-provider',
    resourceName: provider,
  });
  return new WebIdentityPrincipal(arn, {
    StringEquals: {
      [`${provider}:aud`]: 'sts.amazonaws.com',
      [`${provider}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
    },
  });
}
