import { claimedAddresses } from '../../core/model/endpoint.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { EndpointRecord } from '../../core/model/endpoint.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { globalEndpointId, ownerKey, readOwner, type StoredEndpoint } from '../state/endpoints.ts';
import { asResolved } from '../balancers/as-resolved.ts';
import type { IngestContext } from './apply-change.ts';
import { desired } from './desired.ts';
import { settle } from './settle.ts';

/**
 * Takes an endpoint as it is stored to the active generation, or to a record in which the hub itself found something new. `look`: what is dirty
 * already keeps its cause. Throws `store/condition-failed` when the row changed meanwhile.
 */
export async function reevaluate(
  context: IngestContext,
  endpoint: StoredEndpoint,
  found: EndpointRecord,
  { cause, look = false }: { cause: Cause; look?: boolean } = { cause: 'configuration' },
): Promise<void> {
  const { ports, active, cluster } = context;
  // What nobody looks behind any more is not kept either: it would come back, years old, with the setting.
  const record = asResolved(cluster, found);
  const wanted = desired(context, record, await addressesOfOthers(ports, cluster, endpoint));
  const { refused } = wanted;
  const keys = wanted.keys.filter((key) => !staysExpired(active, endpoint, parseMembershipKey(key).group));
  const outside = refused.filter((reason) => !endpoint.refused.includes(reason));
  const row = {
    ...endpoint,
    record: endpoint.record && record,
    generation: active.generation,
    refused: [...endpoint.refused, ...outside],
  };
  const time = ports.clock.now();
  await settle(context, {
    endpoint: row,
    keys,
    cause,
    look,
    witnessed: false,
    time,
    writes: [],
    steps: [],
  });
}

/** Only the agent, or a group that keeps silent clusters from now on, brings back what silence took. */
function staysExpired(active: ActiveConfiguration, endpoint: StoredEndpoint, group: string): boolean {
  const { onSilence = 'keep' } = active.configuration.groups[group] ?? {};
  return onSilence !== 'keep' && endpoint.expired.includes(group);
}

/** Addresses of the record that another endpoint has taken over since. */
async function addressesOfOthers(
  ports: Ports,
  cluster: ActiveCluster,
  endpoint: StoredEndpoint,
): Promise<Set<string>> {
  const claimed = claimedAddresses(endpoint.record);
  const owners = await ports.tables.read(claimed.map((address) => ownerKey(cluster.realm, address)));
  const self = globalEndpointId(cluster.id, endpoint.id);
  return new Set(claimed.filter((_, index) => (readOwner(owners[index])?.endpoint ?? self) !== self));
}
