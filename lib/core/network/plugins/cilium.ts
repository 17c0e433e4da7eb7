import { type ClusterNetwork, undecided } from '../cluster-network.ts';
import type { NetworkReport } from '../report.ts';
import { ipv4Ranges, isFalse, isTrue, written } from '../values.ts';

/** What Cilium's ip-masq-agent leaves alone when its configuration names no ranges. */
const unmasqueraded = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
];

const change =
  'set enable-ipv4-masquerade: "false" where the network routes to pods, or ipv4-native-routing-cidr to a range that holds the destinations';

/**
 * Cilium masquerades what leaves the cluster unless told otherwise; destinations in the native routing range, and those that its ip-masq-agent
 * names, are excepted. In AWS ENI mode the native range is the VPC unless another one is named. Source: Cilium's pages on masquerading and IPAM.
 */
export function ciliumNetwork(
  { ipam, routingMode, masquerade, nativeRoutingCidr, masqAgent }: NonNullable<NetworkReport['cilium']>,
  { more }: NetworkReport,
): ClusterNetwork {
  const eni = ipam === 'eni';
  const tunnelled = routingMode === undefined || routingMode === 'tunnel';
  const network = {
    cni: `Cilium${eni ? ' in AWS ENI mode' : ''}`,
    routable: eni ? ('yes' as const) : tunnelled ? ('no' as const) : ('unknown' as const),
  };
  const setting = `ConfigMap cilium-config: enable-ipv4-masquerade: ${written(masquerade, 'true')}`;
  if (isFalse(masquerade)) return { ...network, translation: { source: 'pod', setting } };
  if (masquerade !== undefined && !isTrue(masquerade))
    return undecided(network, `${setting} is neither true nor false`);
  if (more > 0) return undecided(network, 'the ip-masq-agent names too many ranges to be told');
  const listed = masqAgent ? (masqAgent.except ?? unmasqueraded) : [];
  const except = ipv4Ranges(nativeRoutingCidr === undefined ? listed : [nativeRoutingCidr, ...listed]);
  const exceptVpc = eni && nativeRoutingCidr === undefined;
  const exceptSetting = masqAgent ? 'ipv4-native-routing-cidr and ip-masq-agent' : 'ipv4-native-routing-cidr';
  return { ...network, translation: { source: 'node', setting, except, exceptSetting, exceptVpc, change } };
}
