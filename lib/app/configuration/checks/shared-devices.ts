import { allowedCalls } from '../../budgets.ts';
import { moduleOf, writerKeyOf } from '../../targets.ts';
import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { Report } from '../report.ts';

/** A device counts the calls of all its entries together. */
export function checkSharedDevices(draft: Draft, modules: Modules, report: Report): void {
  const byDevice = Map.groupBy(draft.firewalls, ([, entry]) => writerKeyOf(modules, entry));
  for (const entries of byDevice.values()) {
    const asked = entries.reduce((sum, [, { callsPerMinute = 0 }]) => sum + callsPerMinute, 0);
    const most = Math.max(
      ...entries.map(([, entry]) => allowedCalls(moduleOf(modules, entry), entry.settings).most),
    );
    if (entries.length < 2 || asked <= most) continue;
    const names = entries.map(([id]) => id).join(', ');
    for (const [id, { callsPerMinute }] of entries)
      if (callsPerMinute !== undefined)
        report.problem(
          ['firewalls', id, 'callsPerMinute'],
          `${names} are one device, which is called ${most} times a minute at most, not ${asked}`,
        );
  }
}
