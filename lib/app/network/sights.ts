import { parseRanges } from '../../core/model/address.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import { type ClusterNetwork, undecided } from '../../core/network/cluster-network.ts';
import { type Sight, sightOf, type Unseen, unseen } from '../../core/network/sight.ts';
import { readNetwork } from '../../core/network/translation.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import type { ActiveCluster } from '../state/configurations.ts';
import { networkKey, networkMaxAgeMs, readToldNetwork } from '../state/networks.ts';

/** The network of a cluster, as its agent told it. */
export interface KnownNetwork extends ClusterNetwork {
  /** Key in the configuration. */
  cluster: string;
  /** When it was told, milliseconds since 1970; undefined: never, or too long ago to be relied on. */
  at: number | undefined;
  /** Its agent tells services and ingresses. */
  services: boolean;
}

/** What one firewall sees of the pods of one cluster that a group selects. */
export interface GroupSight {
  group: string;
  cluster: string;
  firewall: string;
  sight: Sight;
  network: KnownNetwork;
}

/** Somebody relies on addresses that a firewall will not see, or that nobody tells. */
export interface AddressWarning {
  group: string;
  cluster: string;
  firewalls: string[];
  text: string;
  remedy: string;
}

/** What is known of the networks of these clusters. Two rows or fewer a cluster; never on the way of a change. */
export async function knownNetworks(ports: Ports, all: readonly ActiveCluster[]): Promise<KnownNetwork[]> {
  // Nobody translates what hosts send, as far as anybody tells.
  const clusters = all.filter(({ tags }) => tags === undefined);
  const items = await ports.tables.read(clusters.flatMap(({ id }) => [networkKey(id), clusterKey(id)]));
  const now = ports.clock.now();
  return clusters.map(({ key: cluster, settings }, index) => {
    const told = readToldNetwork(items[2 * index]);
    const { services } = readCluster(items[2 * index + 1]);
    const isOld = told !== undefined && now - told.at > networkMaxAgeMs;
    const isOff = settings.networkReport === false;
    if (told && !isOld && !isOff) return { cluster, at: told.at, services, ...readNetwork(told.report) };
    const silent = isOld
      ? 'its agent has told nothing of its network for more than a day'
      : 'its agent has told nothing of its network (an older agent, or switched off)';
    const reason = isOff ? '`networkReport: false` in the configuration' : silent;
    return {
      cluster,
      at: undefined,
      services,
      ...undecided({ cni: 'unknown', routable: 'unknown' }, reason),
    };
  });
}

/** Each group with each of its clusters and firewalls: what the firewall sees. */
export function groupSights(configuration: Configuration, networks: readonly KnownNetwork[]): GroupSight[] {
  return Object.values(configuration.groups).flatMap((group) =>
    placesOf(configuration, group, networks).map(({ network, firewall, destinations }) => ({
      group: group.name,
      cluster: network.cluster,
      firewall,
      network,
      sight: sightOf(network, {
        cluster: parseRanges(configuration.clusters[network.cluster]?.ranges ?? []),
        destinations: destinations && parseRanges(destinations),
      }),
    })),
  );
}

function placesOf(
  { clusters, firewalls }: Configuration,
  group: AddressGroup,
  networks: readonly KnownNetwork[],
): { network: KnownNetwork; firewall: string; destinations: readonly string[] | undefined }[] {
  return networks.flatMap((network) => {
    const realm = clusters[network.cluster]?.realm;
    if (realm === undefined || group.clusters?.includes(network.cluster) === false) return [];
    return group.publish.flatMap(({ firewall }) => {
      const settings = firewalls[firewall];
      if (!settings?.realms.includes(realm)) return [];
      return [{ network, firewall, destinations: settings.destinations }];
    });
  });
}

/** The warnings that follow, those of several firewalls together where they are the same. */
export function addressWarnings(
  configuration: Configuration,
  sights: readonly GroupSight[],
): AddressWarning[] {
  const warnings = new Map<string, AddressWarning>();
  for (const { group, cluster, firewall, sight, network } of sights) {
    const destinationsKnown = configuration.firewalls[firewall]?.destinations !== undefined;
    const addresses = configuration.groups[group]?.addresses ?? '';
    const found =
      addresses === 'service' && !network.services
        ? untold(cluster)
        : unseen(addresses, sight, { destinationsKnown, network });
    if (!found) continue;
    const key = JSON.stringify([group, cluster, found]);
    const known = warnings.get(key);
    if (known) known.firewalls.push(firewall);
    else warnings.set(key, { group, cluster, firewalls: [firewall], ...found });
  }
  return [...warnings.values()];
}

/** Fail static: what an agent told of services before, it leaves on the firewalls when it tells them no more. */
function untold(cluster: string): Unseen {
  return {
    text: 'publishes addresses of services, but the agent does not tell any: nothing joins or leaves',
    remedy: `run \`zonebridge onboard ${cluster}\`, which lets it read services and ingresses (manifests by hand: the feature \`services\`)`,
  };
}

/** How pods arrive, for people. */
export function arrivalText({ translation }: ClusterNetwork): string {
  if (translation.source === 'unknown') return `not known: ${translation.reason}`;
  if (translation.source === 'pod') return `with their own addresses (${translation.setting})`;
  const { setting, except, exceptVpc } = translation;
  const exceptions = [...(exceptVpc ? ['the VPC'] : []), ...except];
  const but = exceptions.length === 0 ? '' : `, except towards ${exceptions.join(', ')}`;
  return `with the addresses of their nodes (${setting})${but}`;
}
