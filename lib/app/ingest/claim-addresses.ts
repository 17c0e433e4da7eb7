import { claimedAddresses, type EndpointRecord } from '../../core/model/endpoint.ts';
import type { Item, Key, Write } from '../../core/ports.ts';
import {
  endpointKey,
  globalEndpointId,
  type Owner,
  ownerKey,
  parseGlobalEndpointId,
  readEndpoint,
} from '../state/endpoints.ts';
import type { Change, IngestContext } from './apply-change.ts';
import { type Claim, judgeClaim } from './claims.ts';
import { evict } from './evict.ts';
import type { Intended } from './settle.ts';

/** Items that evictions may take of a transaction, beside the endpoint, its owner rows and the losers. */
const evictionItems = 48;

/** Which addresses an endpoint may claim, and what has to be written for it. */
interface Claims {
  /** Addresses that belong to somebody else. */
  excluded: Set<string>;
  refused: string[];
  writes: Write[];
  steps: Intended[];
}

/**
 * Takes the addresses of the record, evicting older claims. `before`: the record as it was known until now; what it lost since is not claimed
 * by telling it again, unless its owner is gone. `fromGone`: whether to ask that; of what its agent has now unless given.
 */
export async function claimAddresses(
  context: IngestContext,
  change: Pick<Change, 'id' | 'version' | 'time' | 'since'>,
  owners: ReadonlyMap<string, Owner | undefined>,
  { before, fromGone }: { before: EndpointRecord | undefined; fromGone?: boolean },
): Promise<Claims> {
  const { cluster, active } = context;
  const claims: Claims = { excluded: new Set(), refused: [], writes: [], steps: [] };
  const endpoint = globalEndpointId(cluster.id, change.id);
  const losers = new Map<string, string[]>();
  const had = claimedAddresses(before);
  const { epoch, sequence } = change.version;
  // What is told again was claimed when it was told first, which the hub may not have heard.
  const version = { epoch, sequence: change.since ?? sequence };
  const isDated = change.since !== undefined;
  for (const [address, owner] of owners) {
    const isNew = !had.includes(address);
    const claimant = { endpoint, version, time: change.time, cluster, isNew, isDated };
    const judged = judgeClaim(claimant, owner, active);
    const asks = fromGone ?? (!isNew || isDated);
    const verdict = fails(judged, asks) && (await isGone(context, owner, address)) ? taken : judged;
    if (verdict.verdict === 'lost' || verdict.verdict === 'refused') {
      claims.excluded.add(address);
      claims.refused.push(refusal(verdict, address, cluster.realm));
      continue;
    }
    if (verdict.verdict === 'keep') continue;
    if (verdict.verdict === 'take' && verdict.evicts !== undefined)
      losers.set(verdict.evicts, [...(losers.get(verdict.evicts) ?? []), address]);
    const time = verdict.verdict === 'renew' ? verdict.time : change.time;
    claims.writes.push(ownerWrite(ownerKey(cluster.realm, address), owner, { endpoint, ...version, time }));
  }
  const room = Math.floor(evictionItems / Math.max(1, losers.size));
  for (const [loser, addresses] of losers) await evict(context, { loser, addresses, room, into: claims });
  return claims;
}

function ownerWrite(key: Key, owner: Owner | undefined, put: Item): Write {
  const attribute = 'endpoint';
  return {
    key,
    put,
    if: [owner ? { attribute, is: '=', value: owner.endpoint } : { attribute, is: 'absent' }],
  };
}

function refusal(verdict: Claim & { verdict: 'lost' | 'refused' }, address: string, realm: string): string {
  return verdict.verdict === 'lost'
    ? `${address} belongs to ${verdict.to} now`
    : `address/claimed-twice: ${address} is also used by cluster ${verdict.other} of realm ${realm}`;
}

/** Nobody has to be evicted for it. */
const taken = { verdict: 'take', evicts: undefined } as const;

/** Unless the owner is gone. `asks`: of an owner that got it later, too. */
function fails({ verdict }: Claim, asks: boolean): boolean {
  return verdict === 'refused' || (verdict === 'lost' && asks);
}

/** The owner was removed, ended, or has other addresses now. */
async function isGone(context: IngestContext, owner: Owner | undefined, address: string): Promise<boolean> {
  if (!owner) return true;
  const { cluster, id } = parseGlobalEndpointId(owner.endpoint);
  const [item] = await context.ports.tables.read([endpointKey(cluster, id)]);
  return !claimedAddresses(readEndpoint(id, item)?.record).includes(address);
}
