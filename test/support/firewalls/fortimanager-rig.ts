import { fortimanager } from '../../../lib/firewalls/fortimanager/index.ts';
import { addressName, fileName } from '../../../lib/firewalls/fortimanager/names.ts';
import { formatFeed } from '../../../lib/firewalls/fortimanager/channels/feed-file.ts';
import { shortMark } from '../../../lib/firewalls/fortimanager/channels/short-mark.ts';
import type { Adom } from '../../../lib/firewalls/fortimanager/simulator/adom.ts';
import { enforcedAddresses, readFeed } from '../../../lib/firewalls/fortimanager/simulator/enforced.ts';
import {
  type FortimanagerSimulator,
  type SimulatorOptions,
  startFortimanagerSimulator,
} from '../../../lib/firewalls/fortimanager/simulator/index.ts';
import type { JsonObject } from '../../../lib/firewalls/fortimanager/simulator/refusal.ts';
import { listOf } from '../../../lib/firewalls/fortimanager/simulator/table.ts';
import type { FillRequest, MemberObjects, Rig } from './rig.ts';
import { countRequests, registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

const adom = 'root';
const connector = 'zonebridge';
const person = { session: '', user: 'alice', locking: false };

/** Settings that reach a simulator. */
export function settingsFor(
  simulator: FortimanagerSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { version } = simulator.manager.settings;
  return { address: '127.0.0.1', port: simulator.port, version, ca: simulator.ca, ...more };
}

/** Logs in by name and password, which is the harder way: sessions end. */
export function passwordOf({ administrator }: FortimanagerSimulator): string {
  return `${administrator.name}:${administrator.password}`;
}

export async function startFortimanagerRig(
  options: SimulatorOptions = {},
): Promise<Rig & { simulator: FortimanagerSimulator }> {
  const simulator = await startFortimanagerSimulator({ workspace: 'normal', ...options });
  const settings = settingsFor(simulator, { install: 'partial', lockWaitSeconds: 0 });
  const { manager } = simulator;
  const root = manager.adom(adom);
  const tag = (name: string): string => `js_${connector}_${name}`;
  const file = (name: string): string => fileName(name, adom);
  const put = (path: string, key: string, row: JsonObject): void => {
    root.change(path, new Map([[key, row]]), person);
    // A person installs what they changed.
    for (const device of root.devices) if (device.online) root.install(device, [...root.pending.keys()]);
    root.pending.clear();
  };
  return {
    simulator,
    module: registered(fortimanager.kind),
    ...settingsAndWrongOnes(settings, { adom: 'nowhere' }),
    channels: {
      feed: {
        oneChange: { added: { reads: 1, writes: 1 }, removed: { reads: 1, writes: 1 } },
        bytesMax: 6_000,
        sizes: [10, 1_000, 10_000],
        renames: false,
      },
      tags: {
        oneChange: { added: { reads: 0, writes: 1 }, removed: { reads: 0, writes: 1 } },
        bytesMax: 3_000,
        sizes: [10, 1_000, 10_000],
        renames: true,
      },
      objects: {
        // Look and one poll of the task; lock, write, save, install, unlock.
        oneChange: { added: { reads: 2, writes: 5 }, removed: { reads: 2, writes: 5 } },
        bytesMax: 12_000,
        sizes: [10, 500],
        renames: true,
      },
    },
    credential: passwordOf(simulator),
    createForeign: (channel, name) => {
      const comment = 'made by a person';
      if (channel === 'objects') put('firewall/addrgrp', name, { name, comment, member: ['none'] });
      if (channel === 'feed')
        manager.files.set(file(name), { content: `# ${comment}\n10.99.0.1\n`, modified: 0 });
      if (channel === 'tags') put('user/adgrp', tag(name), { name: tag(name), 'connector-source': comment });
    },
    putMember: (channel, name, address) => {
      if (channel === 'feed') {
        const found = manager.files.get(file(name));
        if (found) manager.files.set(file(name), { ...found, content: `${found.content}${address}\n` });
      }
      if (channel === 'tags') root.tags.set(tag(name), new Set(root.tags.get(tag(name))).add(address));
      if (channel !== 'objects') return;
      const theirs = `theirs ${address}`;
      put('firewall/address', theirs, { name: theirs, type: 'ipmask', subnet: [address, '255.255.255.255'] });
      const group = root.rows('firewall/addrgrp').get(name) ?? {};
      put('firewall/addrgrp', name, { ...group, member: [...listOf(group, 'member'), theirs] });
    },
    rename: (channel, name, to) =>
      channel === 'objects' ? renameGroup(simulator, name, to) : renameTag(simulator, tag(name), tag(to)),
    useInRule: (channel, name) => {
      const used =
        channel === 'feed'
          ? { path: 'system/external-resource', key: `list-${name.slice(-20)}` }
          : {
              path: 'pkg/branch/firewall/policy',
              key: String(root.rows('pkg/branch/firewall/policy').size + 1),
            };
      if (channel === 'feed')
        put(used.path, used.key, { name: used.key, type: 'address', resource: `fmg://${file(name)}` });
      else
        put(used.path, used.key, {
          policyid: Number(used.key),
          ...(channel === 'tags' ? { 'fsso-groups': [tag(name)] } : { srcaddr: [name] }),
        });
      return used.key;
    },
    memberObject: (channel) => (channel === 'objects' ? memberObjects(root, put) : undefined),
    enforced: (channel, name) => enforcedAddresses(manager, { adom, connector }, { channel, name }),
    seen: () =>
      countRequests(simulator.requests.list(), {
        isRead: ({ pattern }) => asks.test(pattern),
        isLogin: ({ pattern }) => pattern.startsWith('exec /sys/log'),
      }),
    fill: (channel, name, request) => fill(simulator, { channel, name }, request),
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { path: '^set .*_external|connector/user/manage|securityconsole/install' },
      reads: { path: '^get ' },
      fill: () => {
        const bytes = [...manager.files.values()].reduce((sum, { content }) => sum + content.length, 0);
        Object.assign(manager.settings.limits, { addresses: 0, tagAddresses: 1, fileBytes: bytes });
      },
    }),
    endSession: () => void simulator.gate.dropSessions(),
    lockByPerson: (channel) => {
      if (channel !== 'objects') return undefined;
      const { id, user } = simulator.gate.open('alice');
      root.lock = { session: id, user, time: 0 };
      return {
        owner: user,
        isHeld: () => root.lock?.session === id,
        release: () => {
          root.lock = undefined;
        },
      };
    },
    refuseInstall: (channel) => {
      const [device] = root.devices;
      if (channel !== 'objects' || !device) return undefined;
      device.online = false;
      return {
        part: device.name,
        mend: () => {
          device.online = true;
        },
      };
    },
    othersWait: (channel) => {
      const theirs = { name: 'theirs', type: 'ipmask', subnet: ['10.200.0.1', '255.255.255.255'] };
      root.change('firewall/address', new Map([['theirs', theirs]]), person);
      return channel === 'objects';
    },
    standBy: () => {
      manager.settings.haMode = 'Secondary';
      return settings;
    },
    lag: () => void simulator.faults.add({ kind: 'stale' }),
    becomeAnother: () => void (manager.settings.serial = 'FMGVMSIM00000002'),
    calm: () => {
      simulator.faults.remove();
      manager.settings.haMode = 'Stand Alone';
      root.lock = undefined;
      for (const device of root.devices) device.online = true;
      Object.assign(manager.settings.limits, {
        addresses: 400_000,
        fileBytes: 2 ** 26,
        tagAddresses: Infinity,
      });
    },
    stop: async () => await simulator.stop(),
  };
}

type Put = (path: string, key: string, row: JsonObject) => void;

function memberObjects(root: Adom, put: Put): MemberObjects {
  const useMember = (name: string) => {
    const group = `group of ${name}`;
    put('firewall/addrgrp', group, { name: group, comment: '', member: [name] });
    const places = [
      ['firewall/address', name],
      ['firewall/addrgrp', group],
    ] as const;
    return () => structuredClone(places.map(([path, key]) => root.rows(path).get(key)));
  };
  return {
    nameOf: ({ hub, address }) => addressName(hub, address),
    makeByPerson: (name, address) => {
      const comment = 'made by a person';
      put('firewall/address', name, { name, comment, type: 'ipmask', subnet: [address, '255.255.255.255'] });
      return useMember(name);
    },
    useMember,
  };
}

/** What is only asked, although the method is `exec`. */
const asks = /^get |^exec \/(connector\/get|cache\/search)\//;

function renameGroup({ manager }: FortimanagerSimulator, from: string, to: string): void {
  const root = manager.adom(adom);
  for (const path of ['firewall/addrgrp', 'firewall/addrgrp6']) {
    const row = root.rows(path).get(from);
    if (!row) continue;
    root.change(
      path,
      new Map([
        [from, undefined],
        [to, { ...row, name: to }],
      ]),
      person,
    );
  }
  const policies = root.rows('pkg/branch/firewall/policy');
  const used = [...policies].filter(([, policy]) => listOf(policy, 'srcaddr').includes(from));
  root.change(
    'pkg/branch/firewall/policy',
    new Map(used.map(([key, policy]) => [key, { ...policy, srcaddr: [to] }])),
    person,
  );
  const [device] = root.devices;
  if (device) root.install(device, [...root.pending.keys()]);
  root.pending.clear();
}

function renameTag({ manager }: FortimanagerSimulator, from: string, to: string): void {
  const root = manager.adom(adom);
  const row = root.rows('user/adgrp').get(from);
  if (!row) return;
  const changes = new Map([
    [from, undefined],
    [to, { ...row, name: to }],
  ]);
  root.change('user/adgrp', changes, person);
  root.tags.set(to, root.tags.get(from) ?? new Set());
  root.tags.delete(from);
  const policies = root.rows('pkg/branch/firewall/policy');
  const used = [...policies].filter(
    ([, policy]) => JSON.stringify(policy['fsso-groups']) === JSON.stringify([from]),
  );
  root.change(
    'pkg/branch/firewall/policy',
    new Map(used.map(([key, policy]) => [key, { ...policy, 'fsso-groups': [to] }])),
    person,
  );
}

function fill(
  { manager }: FortimanagerSimulator,
  target: { channel: string; name: string },
  { hub, addresses, commentFor }: FillRequest,
): void {
  const { channel, name } = target;
  const comment = commentFor(name);
  const root = manager.adom(adom);
  if (channel === 'objects') {
    const rows = addresses.map((address): [string, JsonObject] => {
      const own = addressName(hub, address);
      return [
        own,
        { name: own, comment: commentFor(own), type: 'ipmask', subnet: [address, '255.255.255.255'] },
      ];
    });
    root.change('firewall/address', new Map(rows), person);
    root.change(
      'firewall/addrgrp',
      new Map([[name, { name, comment, member: rows.map(([key]) => key) }]]),
      person,
    );
    root.pending.clear();
    return;
  }
  if (channel === 'feed') {
    const content = formatFeed({ comment, entries: new Set(addresses) });
    manager.files.set(fileName(name, adom), { content, modified: 0 });
    if (readFeed(content)?.length !== addresses.length)
      throw new Error('a reader sees other entries than were written');
    return;
  }
  const tag = `js_${connector}_${name}`;
  const row = {
    name: tag,
    'server-name': 'FortiManager',
    'connector-source': isOffer(comment) ? comment : shortMark(comment),
  };
  root.change('user/adgrp', new Map([[tag, row]]), person);
  root.tags.set(tag, new Set(addresses));
}

function isOffer(comment: string): boolean {
  return comment.startsWith('zonebridge:offer:');
}
