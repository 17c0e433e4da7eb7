import { quoted } from '../../model/quoted.ts';
import { type ClusterNetwork, undecided } from '../cluster-network.ts';
import type { NetworkReport } from '../report.ts';
import { nameList } from '../values.ts';

const network = { cni: 'EKS Auto Mode', routable: 'yes' as const };
const change = 'set snatPolicy: Disabled in the NodeClass';

/**
 * AWS runs the network; only the NodeClass says what becomes of addresses: Random unless set, or Disabled. Source: EKS user guide, Auto Mode.
 * Assumption: as with aws-node, destinations in the VPC keep the pod's address under Random.
 */
export function autoNetwork({ autoMode, more }: NetworkReport): ClusterNetwork {
  const classes = autoMode?.nodeClasses ?? [];
  if (classes.length === 0) return undecided(network, 'there are nodes of EKS Auto Mode, but no NodeClass');
  const policies = [...new Set(classes.map(({ snatPolicy = 'Random' }) => snatPolicy))];
  const [policy = ''] = policies;
  if (policies.length > 1 || more > 0)
    return undecided(network, 'the NodeClasses differ in snatPolicy, or are too many to be told');
  const setting = `NodeClass ${nameList(classes)}: snatPolicy: ${policy === 'Random' || policy === 'Disabled' ? policy : quoted(policy)}`;
  if (policy === 'Disabled') return { ...network, translation: { source: 'pod', setting } };
  if (policy !== 'Random') return undecided(network, `${setting} is not known to us`);
  return {
    ...network,
    translation: { source: 'node', setting, except: [], exceptSetting: '', exceptVpc: true, change },
  };
}
