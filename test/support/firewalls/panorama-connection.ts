import type { FirewallConnection, ObjectRef } from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { panorama } from '../../../lib/firewalls/panorama/index.ts';
import { panoramaSettings, scopeOf } from '../../../lib/firewalls/panorama/schema.ts';
import type { PanoramaSimulator } from '../../../lib/firewalls/panorama/simulator/index.ts';
import { panoramaSettingsFor } from './panorama-rig.ts';

const hub = 'test';
const firewall = 'edge-1';

const realClock = {
  now: () => Date.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** A connection to a simulator, with settings that differ as given. */
export async function connectTo(
  simulator: PanoramaSimulator,
  more: Record<string, unknown> = {},
  request: { clock?: typeof realClock; deadline?: number; credential?: string } = {},
): Promise<FirewallConnection> {
  const settings = panoramaSettings.parse(panoramaSettingsFor(simulator, more));
  return await panorama.connect({
    firewall,
    hub,
    settings,
    credential: request.credential ?? simulator.apiKey,
    clock: request.clock ?? realClock,
    deadline: request.deadline ?? Date.now() + 60_000,
    commentFor: (object) => ownComment({ hub, firewall, scope: scopeOf(settings), object }),
  });
}

export function objectNamed(group: string, channel = 'tags', more: Partial<ObjectRef> = {}): ObjectRef {
  const name = panorama.objectName({ hub, group, channel, firewall });
  return { group, name, channel, create: 'own', ...more };
}
