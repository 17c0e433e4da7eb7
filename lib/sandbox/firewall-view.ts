import { setTimeout as delay } from 'node:timers/promises';
import { objectName } from '../firewalls/fortigate/names.ts';
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
    const vdom = this.simulator.device.vdom('root');
    const name = this.name(group, channel);
    if (channel === 'push') {
      if (!vdom.table('system/external-resource')?.rows.has(name)) return undefined;
      return [...vdom.feeds.read(name).entries.keys()].sort();
    }
    const row = vdom.table('firewall/addrgrp')?.rows.get(name);
    const addresses = vdom.table('firewall/address')?.rows;
    if (!row) return undefined;
    const objects = [...(row.lists.get('member')?.keys() ?? [])].filter((member) => member !== 'none');
    return objects.map((object) => addressOf(addresses?.get(object)?.values.get('subnet'), object)).sort();
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

/** `10.0.0.1 255.255.255.255` as an address. */
function addressOf(subnet: unknown, name: string): string {
  return typeof subnet === 'string' ? (subnet.split(/[ /]/)[0] ?? name) : name;
}
