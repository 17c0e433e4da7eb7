import { type ClusterNetwork, undecided } from '../cluster-network.ts';
import type { NetworkReport } from '../report.ts';
import { ipv4Ranges, isFalse, isTrue, written } from '../values.ts';

const change =
  'name the destinations in AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS of aws-node, or set AWS_VPC_K8S_CNI_EXTERNALSNAT=true where a NAT gateway leads to the internet';

/**
 * Pods have addresses of the VPC. What leaves it gets the node's address, unless EXTERNALSNAT is true or the destination lies in an excluded
 * range. Source: aws/amazon-vpc-cni-k8s, README. The rules speak of IPv4 alone.
 */
export function vpcNetwork(
  { externalSnat, excluded, customNetworking, ipv6 }: NonNullable<NetworkReport['vpcCni']>,
  { cilium, more }: NetworkReport,
): ClusterNetwork {
  const network = {
    cni: `Amazon VPC CNI${customNetworking ? ' with custom networking' : ''}`,
    routable: 'yes' as const,
  };
  if (ipv6) return undecided(network, 'the cluster gives pods IPv6 addresses, for which we know no rule');
  if (cilium && !isFalse(cilium.masquerade))
    return undecided(network, 'aws-node and Cilium (enable-ipv4-masquerade) may both translate');
  const setting = `aws-node: AWS_VPC_K8S_CNI_EXTERNALSNAT=${written(externalSnat, 'false')}`;
  if (isTrue(externalSnat)) return { ...network, translation: { source: 'pod', setting } };
  if (externalSnat !== undefined && !isFalse(externalSnat))
    return undecided(network, `${setting} is neither true nor false`);
  if (more > 0)
    return undecided(network, 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS holds too many ranges to be told');
  const except = ipv4Ranges(excluded);
  const exceptSetting = 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS';
  return {
    ...network,
    translation: { source: 'node', setting, except, exceptSetting, exceptVpc: true, change },
  };
}
