import { digest } from '../../../core/model/content-hash.ts';
import type { AddressGroup } from '../../../core/model/address-group.ts';
import type { KubernetesObject } from '../../../core/onboarding/kubernetes-object.ts';
import { producers } from '../../../core/way-back/producers.ts';
import type { Ports } from '../../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../../state/configurations.ts';
import { objectKey, type ObjectRow, readObject } from '../../state/ledger.ts';

const [{ apiVersion, kind, namespace }] = producers['group-status'];
/** What Kubernetes takes as a name; a few names of groups, such as `a..b`, are none. */
const objectName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * A ConfigMap for each group that this cluster may be part of: how many members each firewall has and what stands in the way, by our record. No
 * addresses, and nothing of other clusters but their part of the count. Reads one row for each group and firewall, whatever the size of the group.
 */
export async function groupStatusObjects(
  ports: Ports,
  { configuration }: ActiveConfiguration,
  cluster: ActiveCluster,
): Promise<KubernetesObject[]> {
  const groups = Object.values(configuration.groups).filter(
    ({ clusters }) => clusters === undefined || clusters.includes(cluster.key),
  );
  const places = groups.flatMap((group) => group.publish.map((target) => ({ group, target })));
  const items = await ports.tables.read(
    places.map(({ group, target }) => objectKey(target.firewall, group.name)),
  );
  const now = ports.clock.now();
  const lines = new Map<string, string[]>(groups.map(({ name }) => [name, []]));
  for (const [index, { group, target }] of places.entries())
    lines.get(group.name)?.push(lineOf(target, readObject(items[index], now)));
  return groups.map((group) => objectOf(group, lines.get(group.name) ?? []));
}

function lineOf(
  { firewall, mode, channel }: AddressGroup['publish'][number],
  { object, counters, held, missing, trouble, renamedTo }: ObjectRow,
): string {
  const state = trouble ?? (renamedTo === undefined ? undefined : 'renamed on the firewall');
  const parts = [
    `${counters.size} members`,
    object === '' ? 'no object yet' : `${object} (${channel})`,
    mode,
    ...(held > 0 ? [`${held} changes held`] : []),
    ...(missing > 0 ? [`${missing} members refused, or taken off by hand`] : []),
    ...(state === undefined ? [] : [state]),
  ];
  return `${firewall}: ${parts.join(', ')}`;
}

function objectOf(group: AddressGroup, lines: readonly string[]): KubernetesObject {
  const own = `group-${group.name}`;
  return {
    apiVersion,
    kind,
    metadata: { name: objectName.test(own) ? own : `group-${digest(group.name)}`, namespace },
    data: {
      group: group.name,
      addresses: group.addresses,
      usedIn: group.usedIn,
      owner: group.owner ?? '',
      maxMembers: String(group.maxMembers),
      firewalls: `${lines.join('\n')}\n`,
    },
  };
}
