import { isZonebridgeError } from '../../core/errors.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { updateObject } from '../state/ledger.ts';
import { raiseFence } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';

/**
 * Stops runs that began before a person's order was written down, at their next write: takes a newer fence than theirs and puts it on
 * every object row of the firewalls, which each write of a run is conditional on. Their lease is left to them, so that no other run
 * begins while a call of theirs is still under way.
 */
export async function interruptRuns(
  ports: Ports,
  active: ActiveConfiguration,
  firewalls: readonly string[],
): Promise<void> {
  const { tables } = ports;
  const byWriter = Map.groupBy(firewalls, (firewall) => {
    const settings = active.configuration.firewalls[firewall];
    return settings ? writerKeyOf(ports.firewalls, settings) : '';
  });
  await inParallel([...byWriter], 8, async ([writerKey, mine]) => {
    if (writerKey === '') return;
    const fence = await raiseFence(tables, writerKey);
    const rows = mine.flatMap((firewall) =>
      groupsOn(active.configuration, firewall).map(({ group }) => ({ firewall, group: group.name, fence })),
    );
    await inParallel(rows, 16, async (row) => {
      try {
        await tables.write(updateObject(row, {}));
      } catch (error) {
        // A run with a newer fence began after the order: it knows it.
        if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      }
    });
  });
}
