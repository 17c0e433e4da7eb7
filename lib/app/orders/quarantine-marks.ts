import { membershipKey } from '../../core/model/address-group.ts';
import { everyRealm, type Quarantine } from '../../core/plan/quarantine.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { ledgerKey } from '../state/ledger.ts';
import { anyMember } from '../state/memberships.ts';
import { wake } from '../state/writers.ts';
import { groupsOn, wakeParts } from '../targets.ts';

/** A group on a firewall in which something has to change for a quarantine. */
export interface QuarantinePlace {
  firewall: string;
  group: string;
  address: string;
  key: string;
  usedIn: 'allow' | 'deny';
}

/** Every place where a quarantine could say something: allow groups, and its deny group, on the firewalls that see the realm. */
export function placesOf(active: ActiveConfiguration, quarantine: Quarantine): QuarantinePlace[] {
  const places: QuarantinePlace[] = [];
  for (const [firewall, { realms }] of Object.entries(active.configuration.firewalls)) {
    for (const { group } of groupsOn(active.configuration, firewall)) {
      if (group.usedIn === 'deny' && group.name !== quarantine.denyGroup) continue;
      for (const [realm = '', address = ''] of quarantine.addresses.map((entry) => entry.split('|'))) {
        for (const seen of realm === everyRealm ? realms : realms.filter((one) => one === realm)) {
          const key = membershipKey(group.name, seen, address);
          places.push({ firewall, group: group.name, address, key, usedIn: group.usedIn });
        }
      }
    }
  }
  return places;
}

/** The places where an address is a member, or something is noted about it. */
async function known(ports: Ports, places: readonly QuarantinePlace[]): Promise<QuarantinePlace[]> {
  if (places.length === 0) return [];
  const rows = await ports.tables.read(places.map(({ firewall, key }) => ledgerKey(firewall, key)));
  const found = await inParallel([...places.entries()], 32, async ([index, place]) => {
    const told = rows[index] !== undefined || (await anyMember(ports.tables, place.key)) !== undefined;
    return told ? place : undefined;
  });
  return found.filter((place) => place !== undefined);
}

/**
 * Marks dirty what a quarantine changes, or changed before it was lifted, and wakes the firewalls. Only places that know something
 * of the address are marked, and the deny group, which has to learn of it.
 */
export async function markPlaces(
  ports: Ports,
  active: ActiveConfiguration,
  places: readonly QuarantinePlace[],
): Promise<QuarantinePlace[]> {
  const denying = places.filter(({ usedIn }) => usedIn === 'deny');
  const allowing = await known(
    ports,
    places.filter(({ usedIn }) => usedIn === 'allow'),
  );
  const marked = [...denying, ...allowing];
  const time = ports.clock.now();
  await inParallel(marked, 16, ({ firewall, key, usedIn }) =>
    ports.tables.write(
      markDirty({
        id: ports.random.id(),
        firewall,
        key,
        cause: 'approval',
        time,
        // A person ordered it: leaving the deny group is no loss that a brake should look at.
        witnessed: usedIn === 'deny',
        moved: usedIn === 'deny',
      }),
    ),
  );
  for (const [writerKey, { network, parts }] of wakeParts(ports.firewalls, active.configuration, marked))
    await wake(ports, { hub: ports.hub, network, writerKey, parts: [...parts], now: time });
  return marked;
}
