import { allowedCalls, callsPerMinute } from '../budgets.ts';
import type { Configuration } from '../configuration/model.ts';
import type { DevicePorts } from '../ports.ts';
import { moduleOf, writerKeyOf } from '../targets.ts';
import type { CheckLine } from './check.ts';

/** From where the hub calls, and what an administrator of the device types in for it; nothing where the device takes calls from everywhere. */
export function callerLines(ports: DevicePorts, configuration: Configuration, firewall: string): CheckLine[] {
  const settings = configuration.firewalls[firewall];
  const where = settings && moduleOf(ports.firewalls, settings).trustedHosts?.(settings.settings);
  if (where === undefined) return [];
  const ranges = configuration.networks[settings?.network ?? '']?.sourceRanges ?? [];
  const text = `the hub calls from ${ranges.join(', ')}; on the device that belongs into ${where}`;
  return [{ name: 'trusted hosts', state: 'ok', text }];
}

/** Calls a minute that are ours, and who shares them. A vendor whose release decides it says more than this. */
export function budgetLines(
  ports: DevicePorts,
  configuration: Configuration,
  { firewall, told }: { firewall: string; told: readonly CheckLine[] },
): CheckLine[] {
  const name = 'budget';
  const settings = configuration.firewalls[firewall];
  if (!settings || told.some((line) => line.name === name)) return [];
  const module = moduleOf(ports.firewalls, settings);
  const key = writerKeyOf(ports.firewalls, settings);
  const others = Object.entries(configuration.firewalls).flatMap(([id, other]) =>
    id !== firewall && writerKeyOf(ports.firewalls, other) === key ? [id] : [],
  );
  const { most } = allowedCalls(module, settings.settings);
  const shared = others.length === 0 ? '' : `, shared with ${others.sort().join(', ')}`;
  const text = `${callsPerMinute(module, settings)} calls a minute are ours${shared}; callsPerMinute may say up to ${most}`;
  return [{ name, state: 'ok', text }];
}
