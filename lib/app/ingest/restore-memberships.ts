import { isZonebridgeError } from '../../core/errors.ts';
import { globalEndpointId, type StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { missingMemberships } from '../state/memberships.ts';
import type { IngestContext } from './apply-change.ts';
import { reevaluate } from './reevaluate.ts';

/**
 * Writes the memberships again that endpoint rows name and that are not there, and marks them dirty. One read unit for each membership. What a
 * row names is only a hint: a backup may have put it back from before another endpoint got the address, or from before a configuration, and then
 * the row is brought up to that one. Returns how many were missing. An endpoint that is written meanwhile is left to whoever writes it: false in
 * `whole`.
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
  const lost = Map.groupBy(missing, ({ endpoint }) => endpoint);
  const results = await inParallel(endpoints, 16, async (endpoint) => {
    const gone = lost.get(globalEndpointId(cluster.id, endpoint.id))?.map(({ key }) => key);
    return gone === undefined && !isOutdated(context, endpoint)
      ? true
      : restore(context, endpoint, gone ?? []);
  });
  if (missing.length > 0)
    ports.telemetry.warn('memberships were missing', { cluster: cluster.key, count: missing.length });
  return { missing: missing.length, whole: results.every(Boolean) };
}

function isOutdated({ active }: IngestContext, { record, generation }: StoredEndpoint): boolean {
  return record !== undefined && generation < active.generation;
}

async function restore(
  context: IngestContext,
  endpoint: StoredEndpoint,
  gone: readonly string[],
): Promise<boolean> {
  const { record, generation } = endpoint;
  if (generation > context.active.generation) return false;
  // What a tombstone still has to leave is finished by the sweep.
  if (record === undefined) return true;
  const memberships = endpoint.memberships.filter((key) => !gone.includes(key));
  // What the configuration changes is told, and braked, as that.
  const why = isOutdated(context, endpoint) ? undefined : ({ cause: 'reconcile', look: true } as const);
  try {
    await reevaluate(context, { ...endpoint, memberships }, record, why);
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}
