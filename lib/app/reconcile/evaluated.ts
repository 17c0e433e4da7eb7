import type { Tables } from '../../core/ports.ts';
import { isAllWalked } from '../ingest/walk.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, parseGlobalEndpointId, readEndpoint } from '../state/endpoints.ts';
import { chunksOf, inParallel } from '../state/items.ts';
import type { LedgerEntry } from '../state/ledger.ts';
import type { Finding } from './compare.ts';

/** Keys that `tables.read` takes at once. */
const readMost = 100;

/**
 * Without the findings about endpoints that were not evaluated under the active configuration yet: their memberships are those of an older one,
 * under which the group may have meant others, or was not there at all. None is added for what it was before; and while a walk is under way nobody
 * knows that an address is wanted by nobody. The walk marks what really changes.
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
  const { ledger, wanted } = known;
  const unwanted = known.findings.some((finding) => isUnwanted(finding, known));
  const findings =
    unwanted && !(await isAllWalked({ tables }, active))
      ? known.findings.filter((finding) => !isUnwanted(finding, known))
      : known.findings;
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

/** It would be taken off because nobody wants it. */
function isUnwanted(
  { kind, key }: Finding,
  { ledger, wanted }: { ledger: ReadonlyMap<string, LedgerEntry>; wanted: ReadonlyMap<string, string> },
): boolean {
  if (wanted.has(key)) return false;
  const row = ledger.get(key)?.row;
  return kind === 'foreign' || (kind === 'open' && row?.state === 'present' && row.held === undefined);
}
