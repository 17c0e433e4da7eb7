import type { ConnectionRequest, FirewallConnection, ObjectRef } from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { ciscoFmc } from '../../../lib/firewalls/cisco-fmc/index.ts';
import { type FmcSettings, fmcSettings } from '../../../lib/firewalls/cisco-fmc/schema.ts';
import { isLogin } from '../../../lib/firewalls/cisco-fmc/simulator/api.ts';
import type { FmcSimulator } from '../../../lib/firewalls/cisco-fmc/simulator/index.ts';
import { fmcSettingsFor } from './fmc-rig.ts';

const hub = 'test';

export function fmcComment(name: string): string {
  return ownComment({ hub, firewall: 'edge-1', scope: 'Global', object: name });
}

/** A request for a simulator; time is the real one unless given, and nobody waits longer than needed. */
export function fmcRequest(
  simulator: FmcSimulator,
  more: { settings?: Record<string, unknown>; credential?: string; now?: () => number } = {},
): ConnectionRequest<FmcSettings> {
  const now = more.now ?? (() => Date.now());
  return {
    firewall: 'edge-1',
    hub,
    settings: fmcSettings.parse(fmcSettingsFor(simulator, more.settings)),
    credential: more.credential ?? simulator.secret,
    clock: { now, sleep: async () => await Promise.resolve() },
    deadline: now() + 60_000,
    commentFor: fmcComment,
  };
}

export async function connectFmc(
  simulator: FmcSimulator,
  more: Parameters<typeof fmcRequest>[1] = {},
): Promise<FirewallConnection> {
  return await ciscoFmc.connect(fmcRequest(simulator, more));
}

export function fmcObject(group: string, channel = 'dynamic', more: Partial<ObjectRef> = {}): ObjectRef {
  return { group, name: ciscoFmc.objectName({ hub, group, channel }), channel, create: 'own', ...more };
}

/** How often the manager was called since the last look: logins apart, bodies of paths without keys. */
export function callsOf(simulator: FmcSimulator): { logins: number; reads: number; writes: number } {
  const counted = { logins: 0, reads: 0, writes: 0 };
  for (const { method, pattern, count } of simulator.requests.list()) {
    if (isLogin({ path: pattern })) counted.logins += count;
    else counted[method === 'GET' ? 'reads' : 'writes'] += count;
  }
  simulator.requests.clear();
  return counted;
}

/** `10.<second>.0.0` and so on. */
export function addressesIn(second: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.${second}.${index >> 8}.${index & 255}`);
}
