import { desiredMemberships } from '../../core/desired/memberships.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { EndpointRecord } from '../../core/model/endpoint.ts';
import { asResolved } from '../balancers/as-resolved.ts';
import type { IngestContext } from './apply-change.ts';

/** Memberships under the active configuration, without the addresses that are somebody else's. */
export function desired(
  context: Pick<IngestContext, 'active' | 'cluster'>,
  record: EndpointRecord | undefined,
  excluded: ReadonlySet<string>,
): { keys: string[]; refused: string[] } {
  if (!record) return { keys: [], refused: [] };
  const { active, cluster } = context;
  const wanted = desiredMemberships({
    record: asResolved(cluster, record),
    cluster: { name: cluster.key, realm: cluster.realm },
    groups: active.groups,
    ranges: cluster.ranges,
  });
  return {
    keys: wanted.keys.filter((key) => !excluded.has(parseMembershipKey(key).address)),
    refused: wanted.refused.map((refusal) => `${refusal.address} not in ${refusal.group}: ${refusal.reason}`),
  };
}
