import type {
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { fortimanager } from '../../../lib/firewalls/fortimanager/index.ts';
import { fortimanagerSettings } from '../../../lib/firewalls/fortimanager/schema.ts';
import type { FortimanagerSimulator } from '../../../lib/firewalls/fortimanager/simulator/index.ts';
import { passwordOf, settingsFor } from './fortimanager-rig.ts';

const hub = 'test';

/** A clock whose waits take no time: what waits for minutes is tested at once. `onSleep` runs at each wait. */
export function quickClock(onSleep: () => void = () => undefined) {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    sleep: async (ms: number) => {
      ahead += ms;
      onSleep();
      await Promise.resolve();
    },
  };
}

export function commentFor(name: string, scope = 'root'): string {
  return ownComment({ hub, firewall: 'fmg-1', scope, object: name });
}

/** A connection to a simulator, with settings that differ as given. */
export async function connectTo(
  simulator: FortimanagerSimulator,
  settings: Record<string, unknown> = {},
  more: { credential?: string; clock?: ReturnType<typeof quickClock> } = {},
): Promise<FirewallConnection> {
  const parsed = fortimanagerSettings.parse(settingsFor(simulator, settings));
  const clock = more.clock ?? quickClock();
  return await fortimanager.connect({
    firewall: 'fmg-1',
    hub,
    settings: parsed,
    credential: more.credential ?? passwordOf(simulator),
    clock,
    deadline: clock.now() + 600_000,
    commentFor: (name) => commentFor(name, fortimanager.scope(parsed)),
  });
}

export function objectNamed(group: string, channel: string, more: Partial<ObjectRef> = {}): ObjectRef {
  return { group, name: fortimanager.objectName({ hub, group, channel }), channel, create: 'own', ...more };
}

/** Applies to one object and returns its report; states per address as words. */
export async function applyTo(
  connection: FirewallConnection,
  object: ObjectRef,
  changes: Partial<ObjectChanges>,
): Promise<{ report: ObjectReport; states: Record<string, string> }> {
  const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
  if (!report) throw new Error('no report came back');
  return { report, states: statesOf(report) };
}

export function statesOf(report: ObjectReport): Record<string, string> {
  const states = [...report.outcomes].map(([address, outcome]) => [
    address,
    outcome.state === 'failed' ? outcome.error.code : outcome.state,
  ]);
  return Object.fromEntries(states);
}

/** How often something was asked, by the beginning of its JSON-RPC method and URL. */
export function asked({ requests }: FortimanagerSimulator, start: string): number {
  return requests
    .list()
    .reduce((sum, { pattern, count }) => sum + (pattern.startsWith(start) ? count : 0), 0);
}
