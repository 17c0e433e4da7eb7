import { quoted } from '../model/quoted.ts';
import { type ClusterNetwork, type Translation, undecided } from './cluster-network.ts';
import { autoNetwork } from './plugins/auto-mode.ts';
import { calicoNetwork } from './plugins/calico.ts';
import { ciliumNetwork } from './plugins/cilium.ts';
import { vpcNetwork } from './plugins/vpc-cni.ts';
import type { NetworkPart, NetworkReport } from './report.ts';

/**
 * What a report means. A part that could not be read is no absence: where it could decide, nothing is known. aws-node that is to run on no
 * node is not in use: Cilium's ENI mode asks for that.
 */
export function readNetwork(report: NetworkReport): ClusterNetwork {
  const { autoNodes, nodes } = report;
  if (autoNodes === 0) return ownNetwork(report);
  const auto = isUnread(report, 'node-classes') ? notRead(report, 'node-classes') : autoNetwork(report);
  if (autoNodes >= nodes) return auto;
  const own = ownNetwork(report);
  const kinds = `${autoNodes} of ${nodes} nodes are of EKS Auto Mode, the others have ${own.cni}`;
  return {
    cni: `${own.cni} and ${auto.cni}`,
    routable: own.routable === auto.routable ? own.routable : 'unknown',
    translation: both(own.translation, auto.translation, kinds),
  };
}

/** Nodes of two kinds: known only when both do the same. */
function both(one: Translation, other: Translation, kinds: string): Translation {
  if (one.source === 'unknown') return one;
  if (other.source === 'unknown') return other;
  const setting = `${one.setting}; ${other.setting}`;
  if (one.source === 'pod' && other.source === 'pod') return { source: 'pod', setting };
  if (one.source === 'pod' || other.source === 'pod')
    return { source: 'unknown', reason: `${kinds}, and they differ (${setting})` };
  return {
    source: 'node',
    setting,
    except: one.except.filter((range) => other.except.includes(range)),
    exceptSetting: `${one.exceptSetting} ${other.exceptSetting}`.trim(),
    exceptVpc: one.exceptVpc && other.exceptVpc,
    change: `${one.change}; ${other.change}`,
  };
}

/** Which plugin gives addresses on nodes that AWS does not run. */
function ownNetwork(report: NetworkReport): ClusterNetwork {
  const { vpcCni, cilium, pools = [] } = report;
  if (vpcCni && vpcCni.scheduled !== 0) return vpcNetwork(vpcCni, report);
  if (isUnread(report, 'aws-node')) return notRead(report, 'aws-node');
  if (cilium && isUnread(report, 'ip-masq-agent')) return notRead(report, 'ip-masq-agent');
  if (cilium) return ciliumNetwork(cilium, report);
  if (isUnread(report, 'cilium-config')) return notRead(report, 'cilium-config');
  if (pools.length > 0) return calicoNetwork(pools, report);
  if (isUnread(report, 'ip-pools')) return notRead(report, 'ip-pools');
  return undecided(
    { cni: 'unknown', routable: 'unknown' },
    'no network plugin that we know was found (Amazon VPC CNI, Calico, Cilium, EKS Auto Mode)',
  );
}

const partNames: Record<NetworkPart, string> = {
  'aws-node': 'the DaemonSet kube-system/aws-node',
  'node-classes': 'the NodeClasses of EKS Auto Mode',
  'ip-pools': "Calico's IPPools",
  'cilium-config': 'the ConfigMap kube-system/cilium-config',
  'ip-masq-agent': 'the ConfigMap kube-system/ip-masq-agent',
};

function isUnread({ unread }: NetworkReport, wanted: NetworkPart): boolean {
  return unread.some(({ part }) => part === wanted);
}

function notRead({ unread }: NetworkReport, wanted: NetworkPart): ClusterNetwork {
  const why = unread.find(({ part }) => part === wanted)?.why ?? '';
  const reason = `the agent could not read ${partNames[wanted]}: ${quoted(why, 120)}`;
  return undecided({ cni: 'unknown', routable: 'unknown' }, reason);
}
