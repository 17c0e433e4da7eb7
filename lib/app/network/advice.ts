import type { GroupNeighbours } from '../../core/network/group-neighbours.ts';
import { sharedText, type SharedSource } from '../../core/network/neighbours.ts';
import type { Configuration } from '../configuration/model.ts';
import { addressWarnings, groupSights, type KnownNetwork } from './sights.ts';

/** Something about the addresses of a group that a person should know before relying on it on a firewall. Hostile text may be in it. */
export interface Advice {
  firewall: string;
  group: string;
  cluster: string;
  text: string;
  remedy: string;
  /** Who else gets what a node group gets. */
  shared?: SharedSource;
}

/** What to know about the addresses that a configuration publishes: those that are not seen, and those that others have, too. */
export function adviceOn(
  configuration: Configuration,
  networks: readonly KnownNetwork[],
  neighbours: GroupNeighbours,
): Advice[] {
  const sights = groupSights(configuration, networks);
  const unseen = addressWarnings(configuration, sights).flatMap(({ firewalls, ...warning }) =>
    firewalls.map((firewall): Advice => ({ firewall, ...warning })),
  );
  const shared = sights.flatMap(({ group, cluster, firewall, sight }): Advice[] => {
    const source = neighbours.of(group, cluster, { hostNetworkOnly: sight.sees === 'pod' });
    const text = source && sharedText(source);
    if (source === undefined || text === undefined) return [];
    const remedy = `\`zonebridge egress-policy ${group}\` prints the policy that keeps them out`;
    return [{ firewall, group, cluster, text, remedy, shared: source }];
  });
  return [...unseen, ...shared];
}
