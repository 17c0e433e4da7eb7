import { holderOf, shardCount, shardNames } from '../../../lib/firewalls/fortigate/channels/layout.ts';
import { fortigate } from '../../../lib/firewalls/fortigate/index.ts';
import { addressName } from '../../../lib/firewalls/fortigate/names.ts';
import type {
  FortigateSimulator,
  SimulatorOptions,
} from '../../../lib/firewalls/fortigate/simulator/index.ts';
import { enforcedAddresses } from '../../../lib/firewalls/fortigate/simulator/enforced.ts';
import { startFortigateSimulator } from '../../../lib/firewalls/fortigate/simulator/index.ts';
import { seedDevice } from '../../../lib/firewalls/fortigate/simulator/seed.ts';
import { addressObject } from '../../../lib/firewalls/fortigate/translate.ts';
import type { FillRequest, MemberObjects, Rig } from './rig.ts';
import { countRequests, registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

const membersMax = 600;
const groupTables = ['firewall/addrgrp', 'firewall/addrgrp6'];

/** Settings that reach a simulator. */
export function settingsFor(
  simulator: FortigateSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const version = simulator.device.settings.version.join('.');
  return {
    address: '127.0.0.1',
    port: simulator.port,
    version,
    managedBy: 'none',
    ca: simulator.ca,
    ...more,
  };
}

export async function startFortigateRig(
  options: SimulatorOptions = {},
): Promise<Rig & { simulator: FortigateSimulator }> {
  const simulator = await startFortigateSimulator(options);
  const settings = settingsFor(simulator);
  const tables = () => simulator.device.vdom('root');
  return {
    simulator,
    module: registered(fortigate.kind),
    ...settingsAndWrongOnes(settings, { vdom: 'nowhere' }),
    channels: {
      push: {
        oneChange: { added: { reads: 1, writes: 1 }, removed: { reads: 1, writes: 1 } },
        bytesMax: 6_000,
        sizes: [10, 1_000, 10_000],
        renames: true,
      },
      objects: {
        oneChange: { added: { reads: 0, writes: 2 }, removed: { reads: 1, writes: 2 } },
        bytesMax: 6_000,
        sizes: [10, 1_000],
        renames: true,
      },
    },
    credential: simulator.token,
    createForeign: (channel, name) => {
      const rows =
        channel === 'push'
          ? {
              'system/external-resource': [
                { name, type: 'address', 'update-method': 'push', comments: 'made by a person' },
              ],
            }
          : { 'firewall/addrgrp': [{ name, comment: 'made by a person', member: [{ name: 'none' }] }] };
      seedDevice(simulator.device, { rows });
    },
    putMember: (channel, name, address) => {
      if (channel === 'push') {
        tables().feeds.run(name, 'add', [address]);
        return;
      }
      const theirs = `theirs ${address}`;
      seedDevice(simulator.device, {
        rows: { 'firewall/address': [{ name: theirs, ...addressObject(address).fields }] },
      });
      tables().table('firewall/addrgrp')?.addLink(name, 'member', { name: theirs });
    },
    rename: (channel, name, to) => {
      for (const path of channel === 'push' ? ['system/external-resource'] : groupTables) {
        const table = tables().table(path);
        if (table?.rows.has(name)) table.update(name, { name: to });
      }
      if (channel === 'push') tables().feeds.rename(name, to);
    },
    useInRule: (_, name) => {
      const policies = tables().table('firewall/policy');
      return policies?.create({ srcaddr: [{ name }] }).key ?? '';
    },
    memberObject: (channel) => (channel === 'objects' ? memberObjects(simulator) : undefined),
    enforced: (channel, name) => enforcedAddresses(simulator.device, channel, name),
    seen: () => countRequests(simulator.requests.list(), { isRead: ({ method }) => method === 'GET' }),
    fill: (channel, name, request) => fill(simulator, { channel, name }, request),
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { method: 'POST|PUT|DELETE' },
      reads: { method: 'GET' },
      refused: { path: 'cmdb|external-resource|web-ui' },
      fill: () => {
        // Room that a removal makes is taken by somebody else, as on a device that is really full.
        seedDevice(simulator.device, { feeds: { theirs: ['192.0.2.1', '192.0.2.2'] } });
        Object.assign(simulator.device.settings.limits, { addresses: 0, feedEntries: 1 });
      },
    }),
    deleteObject: (name) => {
      for (const path of ['firewall/addrgrp', 'system/external-resource'])
        simulator.device.vdom('root').table(path)?.rows.delete(name);
    },
    lag: () => void simulator.faults.add({ kind: 'stale' }),
    becomeAnother: () => void (simulator.device.settings.serial = 'FGVMSIM000000002'),
    restart: (now) => simulator.device.reboot('kept', now),
    calm: () => {
      simulator.faults.remove();
      simulator.device.settings.limits.addresses = Infinity;
      simulator.device.settings.limits.feedEntries = 0;
    },
    stop: async () => await simulator.stop(),
  };
}

function memberObjects({ device }: FortigateSimulator): MemberObjects {
  const useMember = (name: string) => {
    const group = `group of ${name}`;
    const rows = {
      'firewall/addrgrp': [{ name: group, member: [{ name }] }],
      'firewall/policy': [{ srcaddr: [{ name: group }] }],
    };
    seedDevice(device, { rows });
    const places = [
      ['firewall/address', name],
      ['firewall/addrgrp', group],
    ] as const;
    return () => places.map(([path, key]) => structuredClone(device.vdom('root').table(path)?.rows.get(key)));
  };
  return {
    nameOf: ({ hub, address }) => addressName(hub, address),
    makeByPerson: (name, address) => {
      const row = { name, ...addressObject(address).fields, comment: 'made by a person' };
      seedDevice(device, { rows: { 'firewall/address': [row] } });
      return useMember(name);
    },
    useMember,
  };
}

function fill(
  simulator: FortigateSimulator,
  target: { channel: string; name: string },
  request: FillRequest,
): void {
  const { channel, name } = target;
  const { hub, addresses, sizeHint, commentFor } = request;
  if (channel === 'push') {
    seedDevice(simulator.device, {
      rows: {
        'system/external-resource': [
          { name, type: 'address', 'update-method': 'push', comments: commentFor(name) },
        ],
      },
      feeds: { [name]: addresses },
    });
    return;
  }
  const count = shardCount({ group: '', name, channel, create: 'own', sizeHint }, membersMax);
  const members = new Map<string, { name: string }[]>(shardNames(name, count).map((shard) => [shard, []]));
  members.set(
    name,
    [...members.keys()].map((shard) => ({ name: shard })),
  );
  const objects = addresses.map((address) => {
    const object = addressName(hub, address);
    members.get(holderOf(name, count, address))?.push({ name: object });
    return { name: object, ...addressObject(address).fields, comment: commentFor(object) };
  });
  const groups = [...members].map(([group, member]) => ({ name: group, member, comment: commentFor(group) }));
  seedDevice(simulator.device, { rows: { 'firewall/address': objects, 'firewall/addrgrp': groups } });
}
