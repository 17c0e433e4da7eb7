import type { FirewallDescription } from '../../../core/firewall.ts';

/** Tells devices apart, of whatever kind: two entries may be one device, and two devices may have one writer. */
export function deviceOf(module: FirewallDescription, settings: unknown): string {
  return `${module.kind}:${module.device?.(settings) ?? module.writerKey(settings)}`;
}
