import { expect, test } from 'vitest';
import { digest } from '../core/model/content-hash.ts';
import * as fortigate from './fortigate/names.ts';
import * as fortimanager from './fortimanager/names.ts';
import * as panorama from './panorama/address-names.ts';
import { firewallModules } from './registry.ts';

// Rules on devices in use refer to these names: whoever changes one takes addresses away from a rule. A hash here never follows a change of the code.

const identities: readonly (readonly [hub: string, group: string])[] = [
  ['prod', 'web'],
  ['prod', 'Shop Web'],
  ['Prod', 'web'],
  ['prod', 'WEB'],
  ['prod', ''],
  ['', 'web'],
  ['', ''],
  ['prod', 'a.b'],
  ['prod.a', 'b'],
  ['prod', 'a ./b'],
  ['prod', '..'],
  ['prod', 'a_b'],
  ['prod', 'a-b'],
  ['prod', '-'],
  ['prod', 'web.v6'],
  ['prod', '10.1.2.3'],
  ['com.amazonaws', 'web'],
  ['prod', 'com.aws.web'],
  ['prod', 'группа'],
  ['прод', 'web'],
  ['prod', 'İstanbul'],
  ['prod', 'straße'],
  ['prod', '\u202egnp'],
  ['prod', '\ud800lone'],
  ['prod', 'line\nbreak'],
  ['prod', '\u0000nul\u001b[31m'],
  ['prod', '../../etc/passwd'],
  ['prod', `' or "1"='1`],
  ['prod', 'x'.repeat(26)],
  ['prod', 'x'.repeat(27)],
  ['prod', 'x'.repeat(54)],
  ['prod', 'x'.repeat(55)],
  ['prod', 'x'.repeat(56)],
  ['prod', 'x'.repeat(63)],
  ['prod', 'x'.repeat(64)],
  ['prod', 'x'.repeat(71)],
  ['prod', 'x'.repeat(72)],
  ['prod', 'x'.repeat(73)],
  ['prod', 'x'.repeat(244)],
  ['prod', 'x'.repeat(245)],
  ['p'.repeat(30), `${'y.'.repeat(60)}Z`],
  ['p'.repeat(31), 'Ab '.repeat(90)],
  ['p'.repeat(300), 'web'],
];

const overrides: readonly string[] = [
  'Web_Servers.1',
  'web servers',
  '_web',
  '.web',
  '-web',
  'web ',
  ' web',
  'a..b',
  '..',
  '',
  'a:b@c=d+e/f',
  'a\\b',
  'a"b',
  'web\n',
  'ü',
  'com.aws.x',
  'corp.v6',
  'corp.V6',
  ...[35, 36, 63, 64, 65, 79, 80, 81, 127, 128, 252, 253].map((length) => 'x'.repeat(length)),
];

const addresses = ['10.1.2.3', '0.0.0.0', '255.255.255.255', '::', 'fd00::1', '2001:db8:0:ab::cdef'];
const odd = [
  '',
  '10.1.2',
  '010.1.2.3',
  '10-1-2-3',
  'none',
  'fd00-0-0-0-0-0-0-01',
  'FD00-0-0-0-0-0-0-1',
  '--1',
];

/** What a channel calls a changed name, then a hash over all names, and one over the overrides with their keys. */
const pinned: Readonly<Record<string, readonly [changed: string, names: string, overrides: string]>> = {
  'fortigate push': ['zbf-shop-web_ac45fe6fd7192216', 'b0d4d449f7e5b3ea', '70c81f8a377e261d'],
  'fortigate objects': ['zb-shop-web_ac45fe6fd7192216', 'ea92ff44d0fc7437', 'cd8c05ec765997f8'],
  'pull-list pull': ['zb-shop-web_ac45fe6fd7192216', 'a75ce65b0104a93e', '5f413ca5869da406'],
  'panorama tags': ['zb-prod.shop-web_e2ef85af5aae068d', '6551ab5f559bdf6c', '533695a3c330658f'],
  'panorama objects': ['zb-shop-web_ac45fe6fd7192216', '9be4eb6490db1abc', '950d53d4baceebcb'],
  'cisco-fmc dynamic': ['zb-shop-web_ac45fe6fd7192216', 'f1c76229e6f808e9', 'ee8ab8842c85d5e6'],
  'cisco-fmc objects': ['zb-shop-web_ac45fe6fd7192216', 'f1c76229e6f808e9', 'ee8ab8842c85d5e6'],
  'fortimanager feed': ['zb-shop-web_ac45fe6fd7192216', '9f36c997c81f920b', 'cd8c05ec765997f8'],
  'fortimanager tags': ['zb-shop-web_ac45fe6fd7192216', '9f36c997c81f920b', 'cd8c05ec765997f8'],
  'fortimanager objects': ['zb-shop-web_ac45fe6fd7192216', '9f36c997c81f920b', 'cd8c05ec765997f8'],
  'aws-prefix-list entries': ['zb-shop-web_ac45fe6fd7192216', 'bb48b0d2696bb56d', '399d7d663339de65'],
};

function hashOf(names: readonly string[]): string {
  return digest(JSON.stringify(names)).slice(0, 16);
}

const channels = Object.values(firewallModules).flatMap((module) =>
  Object.keys(module.facts.channels).map((channel) => ({ module, channel })),
);

test('every channel of every vendor is pinned', () => {
  expect(channels.map(({ module, channel }) => `${module.kind} ${channel}`).sort()).toEqual(
    Object.keys(pinned).sort(),
  );
});

test.each(channels)(
  '$module.kind calls the objects of $channel what it always did',
  ({ module, channel }) => {
    const name = (hub: string, group: string, override?: string): string =>
      module.objectName({ hub, group, channel, firewall: 'edge-1', override });
    const taken = overrides.map((override) => {
      try {
        const used = name('prod', 'web', override);
        return `${used} ${module.nameKey(used)}`;
      } catch {
        return 'refused';
      }
    });
    expect([
      name('prod', 'Shop Web'),
      hashOf(identities.map(([hub, group]) => name(hub, group))),
      hashOf(taken),
    ]).toEqual(pinned[`${module.kind} ${channel}`]);
  },
);

const hubs = [...new Set(identities.map(([hub]) => hub))];
/** Names of address objects by what they belong to, and back. */
const ofAddresses = {
  fortigate: hubs.map((hub) => ({
    prefix: fortigate.addressPrefix(hub),
    name: (address: string) => fortigate.addressName(hub, address),
    read: (name: string) => fortigate.addressOfName(hub, name),
  })),
  fortimanager: hubs.map((hub) => ({
    prefix: fortimanager.addressPrefix(hub),
    name: (address: string) => fortimanager.addressName(hub, address),
    read: (name: string) => fortimanager.addressOfName(hub, name),
  })),
  panorama: hubs.map((hub) => {
    const prefix = panorama.addressPrefix(hub, `zb-${hub}.web`);
    return {
      prefix,
      name: (address: string) => panorama.addressName(prefix, address),
      read: (name: string) => panorama.addressOfName(prefix, name),
    };
  }),
};

test.each([
  ['fortigate', '3591ed1a2ffb86f4'],
  ['fortimanager', '3591ed1a2ffb86f4'],
  ['panorama', '49e817b954882884'],
] as const)('%s calls address objects what it always did, and reads them back', (vendor, hash) => {
  const names: string[] = [];
  for (const { prefix, name, read } of ofAddresses[vendor]) {
    for (const address of addresses) {
      names.push(name(address));
      expect(read(name(address))).toBe(address);
    }
    for (const rest of odd) expect(read(prefix + rest), prefix + rest).toBeUndefined();
    expect(read('zb-somebody-10.1.2.3')).toBeUndefined();
  }
  expect(hashOf(names)).toBe(hash);
});

test('a FortiGate calls the parts of a large group what it always did', () => {
  const groups = ['zb-prod.web', ...[70, 71, 72, 73, 79].map((length) => 'x'.repeat(length))];
  const names = groups.flatMap((group) => [
    fortigate.shardName(group, 8, 3),
    fortigate.shardName(group, 512, 511),
  ]);
  expect(hashOf(names)).toBe('950263929d29a6c6');
});
