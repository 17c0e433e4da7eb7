import type { NetworkPart, NetworkReport } from '../../lib/core/network/report.ts';
import {
  readAwsNode,
  readCiliumConfig,
  readMasqAgent,
  readNodeClasses,
  readPools,
} from '../../lib/kubernetes/network.ts';
import type { Documents } from './ports.ts';

const system = '/api/v1/namespaces/kube-system';
const paths = {
  awsNode: '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node',
  nodeClasses: '/apis/eks.amazonaws.com/v1/nodeclasses?limit=100',
  // Which of the two exists depends on how Calico was installed.
  pools: ['/apis/crd.projectcalico.org/v1/ippools?limit=200', '/apis/projectcalico.org/v3/ippools?limit=200'],
  ciliumConfig: `${system}/configmaps/cilium-config`,
  masqAgent: `${system}/configmaps/ip-masq-agent`,
} as const;

/**
 * Reads what decides under which addresses pods leave the cluster: at most six reads. What our rights leave out is told as such.
 * Throws when something could not be read for another reason: half a report would be a wrong one.
 */
export async function readNetworkReport(
  documents: Documents,
  nodes: { all: number; auto: number },
): Promise<NetworkReport> {
  const unread: NetworkReport['unread'] = [];
  let more = 0;
  const read = async <T>(part: NetworkPart, path: string, use: (object: unknown) => T) => {
    const answer = await documents.read(path);
    if (answer === 'absent') return undefined;
    if (answer !== 'forbidden') return use(answer.object);
    unread.push({ part, why: 'its rights leave it out' });
    return undefined;
  };
  const counted = <T>(found: { value: T; more: number } | undefined): T | undefined => {
    more += found?.more ?? 0;
    return found?.value;
  };
  const vpcCni = counted(await read('aws-node', paths.awsNode, readAwsNode));
  const autoMode =
    nodes.auto === 0 ? undefined : counted(await read('node-classes', paths.nodeClasses, readNodeClasses));
  const cilium = await read('cilium-config', paths.ciliumConfig, readCiliumConfig);
  if (cilium?.masqAgent) {
    const except = counted(await read('ip-masq-agent', paths.masqAgent, (object) => readMasqAgent(object)));
    if (except) cilium.masqAgent.except = except;
  }
  let pools: NetworkReport['pools'];
  for (const path of paths.pools) {
    pools = counted(await read('ip-pools', path, readPools));
    if (pools || unread.some(({ part }) => part === 'ip-pools')) break;
  }
  return {
    nodes: nodes.all,
    autoNodes: nodes.auto,
    ...(vpcCni ? { vpcCni } : {}),
    ...(autoMode ? { autoMode } : {}),
    ...(pools ? { pools } : {}),
    ...(cilium ? { cilium } : {}),
    unread,
    more,
  };
}
