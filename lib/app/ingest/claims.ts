import { compareVersions, type Version } from '../../core/model/endpoint.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { type Owner, parseGlobalEndpointId } from '../state/endpoints.ts';

/** Verdict on one address of a record: ours to claim (evicting the former owner if there is one), or somebody else's. */
export type Claim =
  | { verdict: 'keep' }
  /** Ours already, by a claim of an epoch that is over: nothing of this epoch may count as newer by that alone. `time` stays. */
  | { verdict: 'renew'; time: number }
  | { verdict: 'take'; evicts: string | undefined }
  | { verdict: 'lost'; to: string }
  | { verdict: 'refused'; other: string };

export interface Claimant {
  endpoint: string;
  version: Version;
  time: number;
  cluster: ActiveCluster;
  /** It had not been told with this address before. */
  isNew: boolean;
  /** Its agent says since when it has its addresses. */
  isDated: boolean;
}

/**
 * An address is reused within seconds while the delete of its last owner may be late: the newer claim wins. Within a
 * cluster the agent's order decides, and what was lost is not claimed by telling it again; between clusters that share ranges, time; otherwise
 * the second one is refused.
 */
export function judgeClaim(claimant: Claimant, owner: Owner | undefined, active: ActiveConfiguration): Claim {
  if (owner === undefined) return { verdict: 'take', evicts: undefined };
  if (owner.endpoint === claimant.endpoint) return asItsOwn(claimant, owner);
  const other = parseGlobalEndpointId(owner.endpoint).cluster;
  const lost: Claim = { verdict: 'lost', to: owner.endpoint };
  if (other === claimant.cluster.id) {
    if (!claimant.isNew) return lost;
    const newer = compareVersions(claimant.version, owner.version) >= 0;
    return newer ? { verdict: 'take', evicts: owner.endpoint } : lost;
  }
  const otherCluster = active.clusters.get(other);
  // A cluster that left the configuration has no say any more.
  if (!otherCluster) return { verdict: 'take', evicts: owner.endpoint };
  if (!(claimant.cluster.sharedRanges && otherCluster.sharedRanges))
    return { verdict: 'refused', other: otherCluster.key };
  // Also told again: what the agent of another cluster claims must not last longer than until then.
  return claimant.time >= owner.time ? { verdict: 'take', evicts: owner.endpoint } : lost;
}

function asItsOwn({ isDated, version }: Claimant, owner: Owner): Claim {
  return isDated && version.epoch > owner.version.epoch
    ? { verdict: 'renew', time: owner.time }
    : { verdict: 'keep' };
}
