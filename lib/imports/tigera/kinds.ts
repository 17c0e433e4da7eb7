import { quoted } from '../../core/model/quoted.ts';
import { egressReason } from './former-keys.ts';
import type { FoundObject } from './objects.ts';
import { policyKind } from './policies.ts';

/** Objects of the former vendor of which nothing is carried over. */
interface Kinds {
  kinds: readonly string[];
  what: string;
  reason: string;
}

const rows: readonly Kinds[] = [
  {
    // Those of the right version are read.
    kinds: [policyKind],
    what: 'a policy that is not projectcalico.org/v3',
    reason: 'read it as `kubectl get globalnetworkpolicies.projectcalico.org -o yaml` shows it',
  },
  {
    kinds: ['StagedGlobalNetworkPolicy', 'StagedNetworkPolicy', 'StagedKubernetesNetworkPolicy'],
    what: 'a staged policy',
    reason: 'the controller makes groups of policies that are in force',
  },
  {
    kinds: ['NetworkPolicy'],
    what: 'a policy of a namespace',
    reason: 'the controller makes groups of global policies alone; it stays in force in the cluster',
  },
  {
    kinds: ['Tier'],
    what: 'a tier',
    reason: 'it orders policies, which stay in the cluster; groups need no order',
  },
  {
    kinds: ['GlobalNetworkSet', 'NetworkSet'],
    what: 'a network set',
    reason: 'it stands for addresses outside of the cluster in its policies: leave it to them',
  },
  {
    kinds: ['GlobalThreatFeed'],
    what: 'a threat feed',
    reason:
      'the controller puts nothing of it on firewalls; give the list to the firewall itself if it shall block',
  },
  {
    kinds: ['EgressGateway', 'EgressGatewayPolicy', 'ExternalNetwork'],
    what: 'an egress gateway',
    reason: egressReason,
  },
  {
    kinds: ['IPPool', 'IPReservation'],
    what: 'a pool of addresses',
    reason:
      'put the ranges of pods into `ranges` of the cluster; fixed addresses of gateways into rules by hand',
  },
  {
    kinds: ['HostEndpoint'],
    what: 'a host',
    reason: 'policies of hosts select no pods; hosts become members by docs/hosts.md',
  },
];

const anyReason =
  'the import knows nothing of this kind: find out whether a group depends on it before the former controller is stopped';

/** Why an object of the former vendor, which is not read, is not carried over. */
export function kindOf({ kind }: FoundObject): { what: string; reason: string } {
  const row = rows.find(({ kinds }) => kinds.includes(kind));
  return row ?? { what: `an object of the kind ${quoted(kind)}`, reason: anyReason };
}

export function isFormerKind(apiVersion: string): boolean {
  return /calico|tigera/i.test(apiVersion.split('/', 1)[0] ?? '');
}
