import { ZonebridgeError } from '../../core/errors.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { leaving, readLeft } from '../state/left.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { keeperOf } from '../targets.ts';

/**
 * Throws `configuration/object-taken` when a group would keep an object that another group leaves, or left, on a firewall. Both carry our one mark:
 * members of the other would count as added by somebody else, whom no brake holds, and to retire the other would take the object away.
 */
export async function refuseTakenObjects(
  ports: Ports,
  active: ActiveConfiguration | undefined,
  configuration: Configuration,
): Promise<void> {
  const left = await readLeft(ports.tables, Object.keys(configuration.firewalls));
  const leaves = active ? [...leaving(active.configuration, configuration)] : [];
  const places = [
    ...left,
    ...leaves.flatMap(([firewall, groups]) => groups.map((group) => ({ firewall, group }))),
  ].filter(
    ({ firewall, group }) =>
      !configuration.groups[group]?.publish.some((target) => target.firewall === firewall),
  );
  const items = await ports.tables.read(places.map(({ firewall, group }) => objectKey(firewall, group)));
  for (const [index, { firewall, group }] of places.entries()) {
    const row = readObject(items[index], 0);
    const keeper = keeperOf(ports, configuration, { firewall, row });
    if (keeper === undefined) continue;
    throw new ZonebridgeError(
      'configuration/object-taken',
      `${keeper} would keep ${row.object} on ${firewall}, which stands there for the group ${group} that the configuration does not have any more`,
      { fields: { firewall, group } },
    );
  }
}
