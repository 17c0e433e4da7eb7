import { moduleOf } from '../../targets.ts';
import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import { deviceOf } from './device.ts';
import type { Report } from '../report.ts';

/** A device, and so its writer, is known by the unit that is named first: a pair that is named from its two ends would have two. */
export function checkPairs({ firewalls }: Draft, modules: Modules, report: Report): void {
  const firstUnits = new Map<string, string>();
  for (const [id, firewall] of firewalls) {
    const key = deviceOf(moduleOf(modules, firewall), firewall.settings);
    if (!firstUnits.has(key)) firstUnits.set(key, id);
  }
  for (const [id, firewall] of firewalls) {
    const { settings } = firewall;
    const { standby } = settings as { standby?: object };
    if (!standby) continue;
    const second = { ...firewall, settings: { ...settings, ...standby, standby: undefined } };
    const other = firstUnits.get(deviceOf(moduleOf(modules, second), second.settings));
    if (other === undefined || other === id) continue;
    report.problem(
      ['firewalls', id, 'standby'],
      `is the unit that ${other} has as its \`address\`: name the units of a pair in the same order everywhere, or both entries would write to it at the same time`,
    );
  }
}
