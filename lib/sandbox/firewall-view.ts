import { setTimeout as delay } from 'node:timers/promises';
import { objectName } from '../firewalls/fortigate/names.ts';
import { enforcedAddresses } from '../firewalls/fortigate/simulator/enforced.ts';
import type { Commit, FortigateSimulator } from '../firewalls/fortigate/simulator/index.ts';
import { sandboxHub } from './configuration.ts';

/** Looks into a simulated FortiGate without asking it over the wire, so that looking does not disturb what is measured. */
export class FirewallView {
  readonly simulator: FortigateSimulator;

  constructor(simulator: FortigateSimulator) {
    this.simulator = simulator;
  }

  name(group: string, channel: string): string {
    return objectName({ hub: sandboxHub, group, channel });
  }

  /** Addresses of a group, sorted; undefined when its object is not there. */
  members(group: string, channel: string): string[] | undefined {
    return enforcedAddresses(this.simulator.device, channel, this.name(group, channel))?.sort();
  }

  /** Waits until a group is as wanted; gives the commit that made it so, or the newest. Undefined after the time is over. */
  async until(wanted: () => boolean, timeoutMs: number): Promise<Commit | undefined> {
    const end = performance.now() + timeoutMs;
    let from = this.simulator.commits.last;
    let last: Commit | undefined;
    for (;;) {
      const fresh = this.simulator.commits.after(from);
      last = fresh.at(-1) ?? last;
      from = last?.number ?? from;
      if (wanted())
        return (
          last ?? {
            number: 0,
            at: performance.timeOrigin + performance.now(),
            vdom: '',
            kind: 'update',
            path: '',
            key: '',
          }
        );
      if (performance.now() > end) return undefined;
      await delay(2);
    }
  }
}
