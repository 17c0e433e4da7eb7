import type { AddressGroup } from '../../core/model/address-group.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { placesOf } from './quarantine-marks.ts';

/** What a group wants on a firewall once the quarantines have their say. */
export interface OrderedWishes {
  /** Membership key -> an endpoint that wants it; for a quarantine alone, its id. */
  wanted: Map<string, string>;
  /** Keys that are wanted because of a quarantine: nobody takes them off by hand. */
  ordered: Set<string>;
  /** Whether a quarantine wants this key out, wherever it comes from. */
  isOut(key: string): boolean;
}

/** Lays the quarantines over the wishes of the clusters. */
export function orderedWishes(
  active: ActiveConfiguration,
  place: { firewall: string; group: AddressGroup },
  wishes: ReadonlyMap<string, string>,
): OrderedWishes {
  const { quarantines } = active;
  const { firewall, group } = place;
  const seen = active.configuration.firewalls[firewall]?.realms ?? [];
  const isOut = (key: string): boolean => {
    const place = parseMembershipKey(key);
    // What came back with an older state has no realm of ours: any that the firewall sees may be meant.
    const realms = seen.includes(place.realm) ? [place.realm] : seen;
    return realms.some((realm) => quarantines.wish(group, { ...place, realm }) === 'out');
  };
  const wanted = new Map([...wishes].filter(([key]) => !isOut(key)));
  const ordered = new Set<string>();
  if (group.usedIn === 'deny') {
    for (const one of quarantines.all)
      for (const { key, ...other } of placesOf(active, one)) {
        if (other.firewall !== firewall || other.group !== group.name) continue;
        ordered.add(key);
        if (!wanted.has(key)) wanted.set(key, one.id);
      }
  }
  return { wanted, ordered, isOut };
}
