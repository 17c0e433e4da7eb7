import type { EndpointRecord } from '../../core/model/endpoint.ts';
import type { ActiveCluster } from '../state/configurations.ts';

/**
 * A record without what was found behind its host names where its cluster does not say `resolveNames` any more: nobody looks there again, and
 * the addresses may belong to anybody by now.
 */
export function asResolved(
  { settings }: Pick<ActiveCluster, 'settings'>,
  record: EndpointRecord,
): EndpointRecord {
  if (settings.resolveNames !== undefined || record.resolved === undefined) return record;
  const { resolved: _, ...rest } = record;
  return rest;
}
