import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Write } from '../../core/ports.ts';
import {
  endpointKey,
  intendedMemberships,
  parseGlobalEndpointId,
  putEndpoint,
  readEndpoint,
  type StoredEndpoint,
} from '../state/endpoints.ts';
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
  if (items > eviction.room) {
    const keys = intendedMemberships(loser).filter((key) => !isLost(key));
    await leaveFirst(context, { cluster, loser, keys });
    return evict(context, eviction);
  }
  const memberships = loser.memberships.filter((key) => !isLost(key));
  const todo = loser.todo.filter(({ key }) => !isLost(key));
  const refused = lost.length > 0 ? [...loser.refused, takenOver(eviction.addresses)] : loser.refused;
  // Also when nothing is lost: the loser may be about to join a group with the address, and must then fail on its revision.
  eviction.into.writes.push(putEndpoint(cluster, { ...loser, memberships, todo, refused }));
  for (const key of lost) {
    eviction.into.writes.push(leave(key, eviction.loser));
    eviction.into.steps.push({ key, moved: true });
  }
}

function takenOver(addresses: readonly string[]): string {
  return `${addresses.join(', ')} taken over by another endpoint`;
}

/** Settles the loser on the memberships that it keeps, because one transaction could not hold them all. */
async function leaveFirst(
  context: IngestContext,
  eviction: { cluster: string; loser: StoredEndpoint; keys: readonly string[] },
): Promise<void> {
  const { cluster, loser, keys } = eviction;
  await settle(context, {
    cluster,
    endpoint: loser,
    keys,
    cause: 'watch',
    witnessed: false,
    moved: true,
    time: context.ports.clock.now(),
    writes: [],
    steps: [],
  });
}
