import type {
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { fortigate } from '../../../lib/firewalls/fortigate/index.ts';
import { fortigateSettings } from '../../../lib/firewalls/fortigate/schema.ts';
import type { FortigateSimulator } from '../../../lib/firewalls/fortigate/simulator/index.ts';
import { settingsFor } from './fortigate-rig.ts';

const hub = 'test';

const realClock = {
  now: () => Date.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

export function commentFor(name: string): string {
  return ownComment({ hub, firewall: 'edge-1', scope: 'root', object: name });
}

/** A connection to a simulator, with settings that differ as given. */
export async function connectTo(
  simulator: FortigateSimulator,
  more: Record<string, unknown> = {},
): Promise<FirewallConnection> {
  return await fortigate.connect({
    firewall: 'edge-1',
    hub,
    settings: fortigateSettings.parse(settingsFor(simulator, more)),
    credential: simulator.token,
    clock: realClock,
    deadline: Date.now() + 60_000,
    commentFor,
  });
}

export function objectNamed(group: string, channel: string, more: Partial<ObjectRef> = {}): ObjectRef {
  return { group, name: fortigate.objectName({ hub, group, channel }), channel, create: 'own', ...more };
}

/** Applies to one object and returns its report; states per address as words. */
export async function applyTo(
  connection: FirewallConnection,
  object: ObjectRef,
  changes: Partial<ObjectChanges>,
): Promise<{ report: ObjectReport; states: Record<string, string> }> {
  const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
  if (!report) throw new Error('no report came back');
  const states = [...report.outcomes].map(([address, outcome]) => [
    address,
    outcome.state === 'failed' ? outcome.error.code : outcome.state,
  ]);
  return { report, states: Object.fromEntries(states) };
}
