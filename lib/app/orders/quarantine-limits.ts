import type { Quarantine } from '../../core/plan/quarantine.ts';
import { leftPlaces } from '../commands/leaving/left-objects.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { listLedger, objectKey, readObject } from '../state/ledger.ts';
import { recordOf } from '../state/firewall-records.ts';
import { readPauses } from '../state/pauses.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import type { QuarantinePlace } from './quarantine-marks.ts';

/** What a quarantine does not stand above; why nothing happens there, and what to do. */
export const quarantineLimits = {
  paused: 'writes are paused: `zonebridge resume`',
  observe: 'the mode is observe: take it out by hand',
  object: 'the object is not ours, or not there: take it out by hand',
  failing: 'the firewall did not take the last calls: mend it, or take it out by hand',
  left: 'the group left the configuration: take it out by hand, or `zonebridge retire`',
} as const;

/** A group on a firewall where a quarantine changes nothing for now. */
export interface QuarantineLimit {
  firewall: string;
  group: string;
  because: keyof typeof quarantineLimits;
}

/** Where an order was given, but nothing will happen; and groups that are kept no more and still hold one of its addresses. */
export async function limitsOf(
  ports: Ports,
  active: ActiveConfiguration,
  { order, places }: { order: Quarantine; places: readonly QuarantinePlace[] },
): Promise<QuarantineLimit[]> {
  const reached = await inParallel([...places], 16, async ({ firewall, group }) => {
    const because = await limitAt(ports, active, { firewall, group });
    return because === undefined ? [] : [{ firewall, group, because }];
  });
  return [...reached.flat(), ...(await leftWith(ports, active, order))];
}

async function limitAt(
  ports: Ports,
  active: ActiveConfiguration,
  { firewall, group }: { firewall: string; group: string },
): Promise<QuarantineLimit['because'] | undefined> {
  const settings = active.configuration.firewalls[firewall];
  const target = active.configuration.groups[group]?.publish.find((one) => one.firewall === firewall);
  if (!settings || !target) return undefined;
  const keys = [writerRow(writerKeyOf(ports.firewalls, settings)), objectKey(firewall, group)];
  const [writer, object] = await ports.tables.read(keys);
  if (target.mode === 'observe') return 'observe';
  if (readObject(object, ports.clock.now()).trouble !== undefined) return 'object';
  if (active.paused || readPauses(writer).has(firewall)) return 'paused';
  const { trouble } = recordOf(readWriter(writer).firewalls, firewall);
  return trouble.failures > 0 ? 'failing' : undefined;
}

async function leftWith(
  ports: Ports,
  active: ActiveConfiguration,
  { addresses }: Quarantine,
): Promise<QuarantineLimit[]> {
  const asked = new Set(addresses.map((entry) => entry.slice(entry.indexOf('|') + 1)));
  const found = await inParallel(await leftPlaces(ports, active), 4, async ({ firewall, group }) => {
    const rows = await listLedger(ports.tables, firewall, group);
    const holds = rows.some(({ address, row }) => row.state !== 'absent' && asked.has(address));
    return holds ? [{ firewall, group, because: 'left' as const }] : [];
  });
  return found.flat();
}
