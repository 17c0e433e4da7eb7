import type { FirewallModule } from '../../../lib/core/firewall.ts';
import { sharedMarks } from '../../../lib/firewalls/fortimanager/channels/shared-marks.ts';
import { fortimanager } from '../../../lib/firewalls/fortimanager/index.ts';
import { addressName } from '../../../lib/firewalls/fortimanager/names.ts';
import { enforcedAddresses } from '../../../lib/firewalls/fortimanager/simulator/enforced.ts';
import type { FortimanagerSimulator } from '../../../lib/firewalls/fortimanager/simulator/index.ts';
import { mappingsOf } from '../../../lib/firewalls/fortimanager/simulator/mappings.ts';
import type { JsonObject } from '../../../lib/firewalls/fortimanager/simulator/refusal.ts';
import { listOf } from '../../../lib/firewalls/fortimanager/simulator/table.ts';
import { settingsFor, startFortimanagerRig } from './fortimanager-rig.ts';
import type { FillRequest, Rig } from './rig.ts';
import { registered, settingsAndWrongOnes } from './rig-parts.ts';

const adom = 'root';
const connector = 'zonebridge';
const device = 'fgt-1';
const person = { session: '', user: 'alice', locking: false };

/** What a firewall of this kind cannot do when it is one device of the manager: take over a former tool's group, which is for all devices. */
function withoutAdoption(module: FirewallModule): FirewallModule {
  const { adopts: _, ...objects } =
    module.facts.channels['objects'] ?? fortimanager.facts.channels['objects']!;
  return { ...module, facts: { ...module.facts, channels: { ...module.facts.channels, objects } } };
}

/** A FortiManager with two devices, of which one is ours to fill. */
export async function startFortimanagerMappingRig(): Promise<Rig> {
  const rig = await startFortimanagerRig({ devices: [device, 'fgt-2'] });
  const { simulator } = rig;
  const settings = settingsFor(simulator, {
    install: 'partial',
    lockWaitSeconds: 0,
    device: { name: device },
  });
  const root = simulator.manager.adom(adom);
  const put = (path: string, key: string, row: JsonObject): void => {
    root.change(path, new Map([[key, row]]), person);
    for (const one of root.devices) if (one.online) root.install(one, [...root.pending.keys()]);
    root.pending.clear();
  };
  return {
    ...rig,
    module: withoutAdoption(registered(fortimanager.kind)),
    ...settingsAndWrongOnes(settings, { adom: 'nowhere' }),
    channels: {
      objects: {
        // As without a device; an address object goes by a request of its own, because a mapping is set and not deleted from.
        oneChange: { added: { reads: 2, writes: 5 }, removed: { reads: 2, writes: 6 } },
        // The list of a mapping is read and set whole: 500 names, there and back, twice.
        bytesMax: 70_000,
        sizes: [10, 500],
        renames: true,
      },
    },
    createForeign: (_, name) => {
      const comment = 'made by a person';
      put('firewall/addrgrp', name, {
        name,
        comment,
        member: ['none'],
        dynamic_mapping: [{ ...scope(device), comment, member: ['none'] }],
      });
    },
    putMember: (_, name, address) => {
      const theirs = `theirs ${address}`;
      put('firewall/address', theirs, { name: theirs, type: 'ipmask', subnet: [address, '255.255.255.255'] });
      const group = root.rows('firewall/addrgrp').get(name) ?? {};
      const rows = mappingsOf(group).map((one) => ({ ...one, member: [...listOf(one, 'member'), theirs] }));
      put('firewall/addrgrp', name, { ...group, dynamic_mapping: rows });
    },
    enforced: (channel, name) =>
      enforcedAddresses(simulator.manager, { adom, connector, device }, { channel, name }),
    fill: (_, name, request) => fill(simulator, name, request),
    standBy: () => {
      rig.standBy?.();
      return settings;
    },
  };
}

function scope(name: string): { _scope: JsonObject[] } {
  return { _scope: [{ name, vdom: 'root' }] };
}

function fill(
  { manager }: FortimanagerSimulator,
  name: string,
  { hub, addresses, commentFor }: FillRequest,
): void {
  const root = manager.adom(adom);
  const shared = sharedMarks(hub, adom);
  const rows = addresses.map((address): [string, JsonObject] => {
    const own = addressName(hub, address);
    const subnet = [address, '255.255.255.255'];
    return [own, { name: own, comment: shared.commentFor(own), type: 'ipmask', subnet }];
  });
  root.change('firewall/address', new Map(rows), person);
  const mapping = { ...scope(device), comment: commentFor(name), member: rows.map(([key]) => key) };
  const group = { name, comment: shared.commentFor(name), member: [], dynamic_mapping: [mapping] };
  root.change('firewall/addrgrp', new Map([[name, group]]), person);
  root.pending.clear();
}
