import { claimedAddresses } from '../../core/model/endpoint.ts';
import { globalEndpointId, ownerKey, readOwner, type StoredEndpoint } from '../state/endpoints.ts';
import type { IngestContext } from './apply-change.ts';
import { claimAddresses } from './claim-addresses.ts';
import { desired } from './desired.ts';
import { followQuarantines } from './follow-quarantines.ts';
import { settle } from './settle.ts';

/**
 * Gives an endpoint the addresses that it was refused, or lost, and whose owners have them no more: its agent has nothing new to tell of it.
 * From a newer endpoint of its own cluster only when its shard is verified, so that it exists. Throws `store/condition-failed` when the row
 * changed meanwhile.
 */
export async function reclaim(
  context: IngestContext,
  endpoint: StoredEndpoint,
  { verified }: { verified: boolean },
): Promise<void> {
  const { ports, active, cluster } = context;
  const claimed = claimedAddresses(endpoint.record);
  if (endpoint.refused.length === 0 || endpoint.expired.length > 0 || claimed.length === 0) return;
  if (endpoint.generation !== active.generation) return;
  const items = await ports.tables.read(claimed.map((address) => ownerKey(cluster.realm, address)));
  const owners = new Map(claimed.map((address, index) => [address, readOwner(items[index])]));
  const self = globalEndpointId(cluster.id, endpoint.id);
  if ([...owners.values()].every((owner) => owner?.endpoint === self)) return;
  const again = await claimAddresses(context, endpoint, owners, {
    before: endpoint.record,
    fromGone: verified,
  });
  const { excluded, refused, writes, steps } = again;
  if (writes.length === 0) return;
  await followQuarantines(context, endpoint.id, claimed);
  const { keys, refused: outside } = desired(context, endpoint.record, excluded);
  await settle(context, {
    endpoint: { ...endpoint, refused: [...refused, ...outside] },
    keys,
    cause: 'relist',
    witnessed: false,
    time: ports.clock.now(),
    writes,
    steps,
  });
}
