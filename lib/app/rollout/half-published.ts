import { isHalf, publicationOf } from '../../core/plan/rollout.ts';
import { dirtyTimes } from '../commands/publication.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { count, inParallel } from '../state/items.ts';
import { objectKey, readObject } from '../state/ledger.ts';

/** Row of `control`: since when a group is on some of its firewalls only. */
function halfKey(group: string): { table: 'control'; pk: string } {
  return { table: 'control', pk: `half|${group}` };
}

/**
 * Measures for each firewall how long a group with `consistency: all` has lacked something there that other firewalls have. Reads dirty
 * rows and one row per group and firewall, and writes when a group becomes half published and when it no longer is.
 */
export async function measureHalfPublished(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const groups = Object.values(active.configuration.groups)
    .filter(({ consistency }) => consistency === 'all')
    .map(({ name, publish }) => ({
      name,
      firewalls: publish.filter(({ mode }) => mode !== 'observe').map(({ firewall }) => firewall),
    }));
  if (groups.length === 0) return;
  const now = ports.clock.now();
  const firewalls = [...new Set(groups.flatMap((group) => group.firewalls))];
  const dirty = new Map(
    await inParallel(
      firewalls,
      8,
      async (firewall) => [firewall, await dirtyTimes(ports, firewall)] as const,
    ),
  );
  const worst = new Map(firewalls.map((firewall) => [firewall, 0]));
  const notes = await ports.tables.read(groups.map(({ name }) => halfKey(name)));
  for (const [index, group] of groups.entries()) {
    const rows = await ports.tables.read(group.firewalls.map((firewall) => objectKey(firewall, group.name)));
    const publication = publicationOf(
      group.firewalls.map((firewall, place) => {
        const { held, waiting, trouble } = readObject(rows[place], 0);
        const stopped = held > 0 || waiting || trouble !== undefined;
        return {
          firewall,
          outstandingSince: dirty.get(firewall)?.get(group.name) ?? (stopped ? now : undefined),
        };
      }),
    );
    const known = count(notes[index], 'since');
    if (!isHalf(publication)) {
      if (known > 0) await ports.tables.write({ key: halfKey(group.name), delete: true });
      continue;
    }
    const since = known || (publication.since ?? now);
    if (known === 0) await ports.tables.write({ key: halfKey(group.name), put: { since } });
    for (const firewall of publication.missing)
      worst.set(firewall, Math.max(worst.get(firewall) ?? 0, now - since));
  }
  for (const [firewall, ms] of worst)
    ports.telemetry.metric(metrics.halfPublished.name, Math.round(ms / 1000), { firewall });
}
