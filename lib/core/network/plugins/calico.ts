import { type ClusterNetwork, undecided } from '../cluster-network.ts';
import type { AddressPool, NetworkReport } from '../report.ts';
import { ipv4Ranges, nameList } from '../values.ts';

const change =
  'add a disabled IPPool that holds the destinations, or set natOutgoing: false where the network routes to pods';

/**
 * Pods have addresses of pools. With natOutgoing, what goes to a destination outside of all pools gets the node's address; disabled pools count
 * as pools there. Source: projectcalico/calico, IPPool and the rules that felix renders.
 * Assumption: `natOutgoingAddress` of the FelixConfiguration is not used; the VPC does not route to pools that are always tunnelled.
 */
export function calicoNetwork(pools: readonly AddressPool[], { more }: NetworkReport): ClusterNetwork {
  const inUse = pools.filter(
    ({ cidr, disabled, workload }) => !disabled && workload && ipv4Ranges([cidr]).length > 0,
  );
  const tunnelled = inUse.length > 0 && inUse.every(({ tunnel }) => tunnel === 'always');
  const network = { cni: 'Calico', routable: tunnelled ? ('no' as const) : ('unknown' as const) };
  if (more > 0) return undecided(network, 'there are too many IPPools to be told');
  if (inUse.length === 0) return undecided(network, 'no IPPool gives pods IPv4 addresses');
  const translating = inUse.filter(({ natOutgoing }) => natOutgoing);
  const plain = inUse.filter(({ natOutgoing }) => !natOutgoing);
  if (translating.length === 0) {
    const setting = `IPPool ${nameList(plain)}: natOutgoing: false`;
    return { ...network, translation: { source: 'pod', setting } };
  }
  if (plain.length > 0) {
    const names = `natOutgoing is true in ${nameList(translating)}, false in ${nameList(plain)}`;
    return undecided(network, `it depends on the pool: ${names}`);
  }
  const setting = `IPPool ${nameList(translating)}: natOutgoing: true`;
  const except = ipv4Ranges(pools.map(({ cidr }) => cidr));
  const exceptSetting = 'the ranges of all IPPools';
  return {
    ...network,
    translation: { source: 'node', setting, except, exceptSetting, exceptVpc: false, change },
  };
}
