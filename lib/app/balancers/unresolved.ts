import { selects, serviceAddressKinds, unresolvedNames } from '../../core/model/group-selection.ts';
import { quoted } from '../../core/model/quoted.ts';
import type { AddressWarning } from '../network/sights.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, readEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { listNamed } from '../state/named.ts';

/** Groups that lack load balancers of which only a name is known. One query a cluster, one row for each service with a name. */
export async function unresolvedIn(ports: Ports, active: ActiveConfiguration): Promise<AddressWarning[]> {
  const groups = active.groups.filter(({ group }) => serviceAddressKinds(group).includes('load-balancer'));
  if (groups.length === 0) return [];
  const found = await inParallel([...active.clusters.values()], 8, async (cluster) => {
    const ids = (await listNamed(ports.tables, cluster.id)).map(({ id }) => id);
    const items = await ports.tables.read(ids.map((id) => endpointKey(cluster.id, id)));
    const records = ids.flatMap((id, index) => readEndpoint(id, items[index])?.record ?? []);
    return groups.flatMap((compiled): AddressWarning[] => {
      const names = records
        .filter((record) => selects(compiled, record, cluster.key))
        .flatMap((record) => unresolvedNames(compiled, record));
      const [first] = names;
      if (first === undefined) return [];
      const why = first.problem === undefined ? '' : ` (${first.problem})`;
      const text = `lacks ${count(names.length)} known by name alone: ${quoted(first.name)}${why}`;
      const firewalls = compiled.group.publish.map(({ firewall }) => firewall);
      return [
        {
          group: compiled.group.name,
          cluster: cluster.key,
          firewalls,
          text,
          remedy: remedyIn(active, cluster),
        },
      ];
    });
  });
  return found.flat();
}

function count(names: number): string {
  return names === 1 ? 'a load balancer that is' : `${names} load balancers that are`;
}

function remedyIn({ configuration }: ActiveConfiguration, { key }: ActiveCluster): string {
  return configuration.clusters[key]?.resolveNames
    ? '`zonebridge explain <namespace/service>` says why; the hub looks every minute'
    : `set \`resolveNames: true\` in cluster ${key}, if it is one of AWS`;
}
