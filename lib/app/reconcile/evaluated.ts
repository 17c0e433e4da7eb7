import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Tables } from '../../core/ports.ts';
import { isAllWalked } from '../ingest/walk.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, ownerKey, parseGlobalEndpointId, readEndpoint, readOwner } from '../state/endpoints.ts';
import type { LedgerEntry } from '../state/ledger.ts';
import type { Finding } from './compare.ts';

interface Known {
  findings: readonly Finding[];
  ledger: ReadonlyMap<string, LedgerEntry>;
  /** Membership key -> global id of an endpoint that wants it. */
  wanted: ReadonlyMap<string, string>;
}

/**
 * Without the findings about endpoints that were not evaluated under the active configuration yet: their memberships are those of an older one,
 * under which the group may have meant others, or was not there at all. None is added for what it was before; and while a walk is under way nobody
 * knows that an address is wanted by nobody. The walk marks what really changes.
 */
export async function evaluatedOnly(
  tables: Tables,
  active: ActiveConfiguration,
  known: Known,
): Promise<Finding[]> {
  const { findings } = known;
  const unwanted = findings.filter((finding) => isUnwanted(finding, known));
  if (unwanted.length > 0 && !(await isAllWalked({ tables }, active))) {
    const left = new Set(unwanted);
    return evaluatedOnly(tables, active, { ...known, findings: findings.filter((one) => !left.has(one)) });
  }
  const owners = await ownersOf(tables, unwanted);
  const additions = new Map(
    findings.flatMap((finding) => {
      const endpoint = isAddition(finding, known) ? known.wanted.get(finding.key) : undefined;
      return endpoint === undefined ? [] : [[finding.key, endpoint] as const];
    }),
  );
  const generations = await generationsOf(tables, [...new Set([...additions.values(), ...owners.values()])]);
  const isBehind = (endpoint: string, gone: number): boolean =>
    (generations.get(endpoint) ?? gone) < active.generation;
  return findings.filter(({ key }) => {
    const [adds, owner] = [additions.get(key), owners.get(key)];
    // Nobody is there to want it any more, or to be wronged by its removal.
    if (adds !== undefined) return !isBehind(adds, 0);
    return owner === undefined || !isBehind(owner, active.generation);
  });
}

function isAddition({ kind, key }: Finding, { ledger, wanted }: Known): boolean {
  return kind === 'open' && !ledger.has(key) && wanted.has(key);
}

/** It would be taken off because nobody wants it. */
function isUnwanted({ kind, key }: Finding, { ledger, wanted }: Known): boolean {
  if (wanted.has(key)) return false;
  const row = ledger.get(key)?.row;
  if (kind === 'foreign') return true;
  const leaves = row?.state === 'unknown' || (row?.state === 'present' && row.held === undefined);
  return kind === 'open' && leaves;
}

/** Who has these addresses, by membership key: pods alone are known by theirs. */
async function ownersOf(tables: Tables, findings: readonly Finding[]): Promise<Map<string, string>> {
  const keys = findings.map(({ key }) => {
    const { realm, address } = parseMembershipKey(key);
    return ownerKey(realm, address);
  });
  const items = await tables.read(keys);
  return new Map(
    findings.flatMap(({ key }, index) => {
      const owner = readOwner(items[index]);
      return owner ? [[key, owner.endpoint] as const] : [];
    }),
  );
}

/** The generation under which each of the endpoints was evaluated; none for one that is gone. */
async function generationsOf(tables: Tables, endpoints: readonly string[]): Promise<Map<string, number>> {
  const places = endpoints.map(parseGlobalEndpointId);
  const items = await tables.read(places.map(({ cluster, id }) => endpointKey(cluster, id)));
  return new Map(
    endpoints.flatMap((endpoint, index) => {
      const row = readEndpoint(places[index]?.id ?? '', items[index]);
      return row?.record === undefined ? [] : [[endpoint, row.generation] as const];
    }),
  );
}
