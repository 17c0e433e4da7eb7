import type {
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import { awsPrefixList } from '../../../lib/firewalls/aws-prefix-list/index.ts';
import { prefixListSettings } from '../../../lib/firewalls/aws-prefix-list/schema.ts';
import type { PrefixListSimulator } from '../../../lib/firewalls/aws-prefix-list/simulator/index.ts';
import { settingsFor } from './aws-prefix-list-rig.ts';

const hub = 'test';

/** A clock that sleeps without waiting. */
export class HastyClock {
  #ahead = 0;
  /** What was slept for. */
  readonly slept: number[] = [];

  now(): number {
    return Date.now() + this.#ahead;
  }

  async sleep(ms: number): Promise<void> {
    this.#ahead += ms;
    this.slept.push(ms);
  }
}

export function commentFor({ account, region }: { account: string; region: string }, name: string): string {
  return ownComment({ hub, firewall: 'lists', scope: `${account}/${region}`, object: name });
}

/** A connection to a simulator, with settings that differ as given. */
export async function connectTo(
  simulator: PrefixListSimulator,
  more: Record<string, unknown> = {},
  clock: Pick<HastyClock, 'now' | 'sleep'> = new HastyClock(),
): Promise<FirewallConnection> {
  const settings = prefixListSettings.parse(settingsFor(simulator, more));
  return await awsPrefixList.connect({
    firewall: 'lists',
    hub,
    settings,
    credential: '',
    clock,
    deadline: clock.now() + 3_600_000,
    commentFor: (name) => commentFor(settings, name),
  });
}

let groups = 0;

/** An object of a group of its own. */
export function someObject(more: Partial<ObjectRef> = {}): ObjectRef {
  const group = `group-${++groups}`;
  return {
    group,
    name: awsPrefixList.objectName({ hub, group, channel: 'entries' }),
    channel: 'entries',
    create: 'own',
    ...more,
  };
}

/** Applies to one object; states per address as words, and the report. */
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
