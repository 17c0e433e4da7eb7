import { isZonebridgeError } from '../../core/errors.ts';
import { globalEndpointId, intendedMemberships, type StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { missingMemberships } from '../state/memberships.ts';
import type { IngestContext } from './apply-change.ts';
import { settle } from './settle.ts';

/**
 * Writes the memberships again that endpoint rows name and that are not there, and marks them dirty. One read unit for each membership.
 * Returns how many were missing. An endpoint that is written meanwhile is left to whoever writes it: false in `whole`.
 */
export async function restoreMemberships(
  context: IngestContext,
  endpoints: readonly StoredEndpoint[],
): Promise<{ missing: number; whole: boolean }> {
  const { ports, cluster } = context;
  const places = endpoints.flatMap(({ id, memberships }) =>
    memberships.map((key) => ({ key, endpoint: globalEndpointId(cluster.id, id) })),
  );
  const missing = await missingMemberships(ports.tables, places);
  if (missing.length === 0) return { missing: 0, whole: true };
  const lost = Map.groupBy(missing, ({ endpoint }) => endpoint);
  const results = await inParallel(endpoints, 16, async (endpoint) => {
    const gone = lost.get(globalEndpointId(cluster.id, endpoint.id))?.map(({ key }) => key);
    return gone === undefined ? true : restore(context, endpoint, gone);
  });
  ports.telemetry.warn('memberships were missing', { cluster: cluster.key, count: missing.length });
  return { missing: missing.length, whole: results.every(Boolean) };
}

async function restore(
  context: IngestContext,
  endpoint: StoredEndpoint,
  gone: readonly string[],
): Promise<boolean> {
  if (endpoint.generation > context.active.generation) return false;
  const memberships = endpoint.memberships.filter((key) => !gone.includes(key));
  try {
    await settle(context, {
      endpoint: { ...endpoint, memberships },
      keys: intendedMemberships(endpoint),
      cause: 'reconcile',
      look: true,
      witnessed: false,
      time: context.ports.clock.now(),
      writes: [],
      steps: [],
    });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}
