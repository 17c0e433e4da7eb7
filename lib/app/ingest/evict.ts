import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Write } from '../../core/ports.ts';
import { endpointKey, parseGlobalEndpointId, putEndpoint, readEndpoint } from '../state/endpoints.ts';
import { leave } from '../state/memberships.ts';
import type { IngestContext } from './apply-change.ts';
import type { Intended } from './settle.ts';

/**
 * Takes addresses away from the endpoint that had it: its memberships for them end in the same transaction
 * in which the new owner is written. The endpoint keeps its other addresses.
 */
export async function evict(
  context: IngestContext,
  eviction: { loser: string; addresses: readonly string[]; into: { writes: Write[]; steps: Intended[] } },
): Promise<void> {
  const { cluster, id } = parseGlobalEndpointId(eviction.loser);
  const [item] = await context.ports.tables.read([endpointKey(cluster, id)]);
  const loser = readEndpoint(id, item);
  if (!loser) return;
  const lost = loser.memberships.filter((key) =>
    eviction.addresses.includes(parseMembershipKey(key).address),
  );
  if (lost.length === 0) return;
  const memberships = loser.memberships.filter((key) => !lost.includes(key));
  const refused = [...loser.refused, `${eviction.addresses.join(', ')} taken over by another endpoint`];
  eviction.into.writes.push(putEndpoint(cluster, { ...loser, memberships, refused }));
  for (const key of lost) {
    eviction.into.writes.push(leave(key, eviction.loser));
    eviction.into.steps.push({ key, moved: true });
  }
}
