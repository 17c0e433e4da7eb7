import { quarantinedAddress } from '../../core/plan/quarantine.ts';
import { extendQuarantine } from '../orders/change-quarantine.ts';
import { markPlaces, placesOf } from '../orders/quarantine-marks.ts';
import { globalEndpointId } from '../state/endpoints.ts';
import type { IngestContext } from './apply-change.ts';

/** A quarantined pod is followed to a new address before that becomes a member of anything. */
export async function followQuarantines(
  { ports, active, cluster }: Pick<IngestContext, 'ports' | 'active' | 'cluster'>,
  id: string,
  claimed: readonly string[],
): Promise<void> {
  const endpoint = globalEndpointId(cluster.id, id);
  const addresses = claimed.map((address) => quarantinedAddress(cluster.realm, address));
  for (const one of active.quarantines.all) {
    if (one.follows !== endpoint) continue;
    const missing = addresses.filter((address) => !one.addresses.includes(address));
    if (missing.length === 0) continue;
    await extendQuarantine(ports, one.id, missing);
    const extended = { ...one, addresses: missing };
    const deny = placesOf(active, extended).filter(({ usedIn }) => usedIn === 'deny');
    await markPlaces(ports, active, deny);
  }
}
