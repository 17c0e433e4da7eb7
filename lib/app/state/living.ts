import { type EndpointRecord, everyAddress } from '../../core/model/endpoint.ts';
import type { Tables } from '../../core/ports.ts';
import { endpointKey, ownerKey, parseGlobalEndpointId, readEndpoint, readOwner } from './endpoints.ts';

/** An address with the endpoint that it is, or was, published for. */
export interface Claimed {
  key: string;
  realm: string;
  address: string;
  endpoint: string;
}

/** By key: the records of endpoints that still have the address, and to which nobody else has taken it over. Two rows an address. */
export async function livingRecords(
  tables: Tables,
  claimed: readonly Claimed[],
): Promise<Map<string, { record: EndpointRecord; cluster: string }>> {
  const places = claimed.map((claim) => ({ claim, ...parseGlobalEndpointId(claim.endpoint) }));
  const items = await tables.read(
    places.flatMap(({ claim, cluster, id }) => [
      endpointKey(cluster, id),
      ownerKey(claim.realm, claim.address),
    ]),
  );
  const living = new Map<string, { record: EndpointRecord; cluster: string }>();
  for (const [index, { claim, cluster, id }] of places.entries()) {
    const record = readEndpoint(id, items[2 * index])?.record;
    const owner = readOwner(items[2 * index + 1])?.endpoint ?? claim.endpoint;
    if (!record) continue;
    // Only a pod's own address has one owner.
    const own = owner === claim.endpoint || record.kind !== 'pod' || record.hostNetwork;
    if (own && everyAddress(record).includes(claim.address)) living.set(claim.key, { record, cluster });
  }
  return living;
}
