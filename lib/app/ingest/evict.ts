import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Write } from '../../core/ports.ts';
import type { Configuration } from '../configuration/model.ts';
import {
  endpointKey,
  intendedMemberships,
  parseGlobalEndpointId,
  putEndpoint,
  readEndpoint,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { ledgerKey, readLedger } from '../state/ledger.ts';
import { leave } from '../state/memberships.ts';
import { firewallsFor } from '../targets.ts';
import type { IngestContext } from './apply-change.ts';
import { type Intended, settle } from './settle.ts';

/**
 * Takes addresses away from the endpoint that had it: its memberships for them end in the same transaction
 * in which the new owner is written. The endpoint keeps its other addresses.
 */
export async function evict(
  context: IngestContext,
  eviction: {
    loser: string;
    addresses: readonly string[];
    /** Items that may be added; what needs more is settled before, in transactions of its own. */
    room: number;
    into: { writes: Write[]; steps: Intended[] };
  },
): Promise<void> {
  const { cluster, id } = parseGlobalEndpointId(eviction.loser);
  const [item] = await context.ports.tables.read([endpointKey(cluster, id)]);
  const loser = readEndpoint(id, item);
  if (!loser) return;
  const isLost = (key: string): boolean => eviction.addresses.includes(parseMembershipKey(key).address);
  const lost = loser.memberships.filter(isLost);
  const { configuration } = context.active;
  const items = lost.reduce((sum, key) => sum + 1 + firewallsFor(configuration, key).length, 0);
  const there = await stillThere(context, loser.left.filter(isLost));
  const moved = whatFits(configuration, there, eviction.room - items);
  if (items > eviction.room || moved.length < there.length) {
    const left = loser.left.filter((key) => !moved.includes(key));
    const keys = intendedMemberships(loser).filter((key) => !isLost(key));
    await leaveFirst(context, { cluster, loser: { ...loser, left }, keys, moved });
    return evict(context, eviction);
  }
  const memberships = loser.memberships.filter((key) => !isLost(key));
  const todo = loser.todo.filter(({ key }) => !isLost(key));
  const refused = lost.length > 0 ? [...loser.refused, takenOver(eviction.addresses)] : loser.refused;
  const left = loser.left.filter((key) => !isLost(key));
  // Also when nothing is lost: the loser may be about to join a group with the address, and must then fail on its revision.
  eviction.into.writes.push(putEndpoint(cluster, { ...loser, memberships, todo, refused, left }));
  for (const key of lost) eviction.into.writes.push(leave(key, eviction.loser));
  for (const key of [...lost, ...moved]) eviction.into.steps.push({ key, moved: true });
}

/** Of memberships that ended, those that a firewall may still have: their removal is held, or has not been made yet. */
async function stillThere(context: IngestContext, keys: readonly string[]): Promise<string[]> {
  const { ports, active } = context;
  const places = keys.flatMap((key) =>
    firewallsFor(active.configuration, key).map((firewall) => ({ key, firewall })),
  );
  if (places.length === 0) return [];
  const items = await ports.tables.read(places.map(({ firewall, key }) => ledgerKey(firewall, key)));
  const there = places.filter((_, index) => items[index] && readLedger(items[index]).state !== 'absent');
  return [...new Set(there.map(({ key }) => key))];
}

/** At least one, so that each turn comes nearer to the end. */
function whatFits(configuration: Configuration, keys: readonly string[], room: number): string[] {
  let items = 0;
  return keys.filter((key, index) => {
    items += firewallsFor(configuration, key).length;
    return index === 0 || items <= room;
  });
}

function takenOver(addresses: readonly string[]): string {
  return `${addresses.join(', ')} taken over by another endpoint`;
}

/** Settles the loser on the memberships that it keeps, because one transaction could not hold them all. */
async function leaveFirst(
  context: IngestContext,
  eviction: { cluster: string; loser: StoredEndpoint; keys: readonly string[]; moved: readonly string[] },
): Promise<void> {
  const { cluster, loser, keys, moved } = eviction;
  await settle(context, {
    cluster,
    endpoint: loser,
    keys,
    cause: 'watch',
    witnessed: false,
    moved: true,
    time: context.ports.clock.now(),
    writes: [],
    steps: moved.map((key) => ({ key, moved: true })),
  });
}
