import type { Tables } from '../../core/ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, parseGlobalEndpointId, readEndpoint } from '../state/endpoints.ts';
import { chunksOf, inParallel } from '../state/items.ts';
import type { LedgerEntry } from '../state/ledger.ts';
import type { Finding } from './compare.ts';

/** Keys that `tables.read` takes at once. */
const readMost = 100;

/**
 * Without the findings that would add an address for an endpoint that was not evaluated under the active configuration yet: its memberships
 * are those of an older one, under which the group may have meant others. The walk that evaluates it marks what really changes.
 */
export async function evaluatedOnly(
  tables: Tables,
  active: ActiveConfiguration,
  known: {
    findings: readonly Finding[];
    ledger: ReadonlyMap<string, LedgerEntry>;
    /** Membership key -> global id of an endpoint that wants it. */
    wanted: ReadonlyMap<string, string>;
  },
): Promise<Finding[]> {
  const { findings, ledger, wanted } = known;
  const additions = findings.filter(
    ({ kind, key }) => kind === 'open' && !ledger.has(key) && wanted.has(key),
  );
  const endpoints = [...new Set(additions.map(({ key }) => wanted.get(key) ?? ''))];
  const read = await inParallel(chunksOf(endpoints, readMost), 4, async (some) => {
    const places = some.map(parseGlobalEndpointId);
    const items = await tables.read(places.map(({ cluster, id }) => endpointKey(cluster, id)));
    return some.filter((_, index) => {
      const row = readEndpoint(places[index]?.id ?? '', items[index]);
      return row !== undefined && row.generation >= active.generation;
    });
  });
  const evaluated = new Set(read.flat());
  const early = new Set(additions.filter(({ key }) => !evaluated.has(wanted.get(key) ?? '')));
  return findings.filter((finding) => !early.has(finding));
}
