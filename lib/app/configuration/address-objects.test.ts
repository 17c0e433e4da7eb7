import { expect, test } from 'vitest';
import { document, load, problemsOf } from './test-document.ts';

interface Entry {
  kind: 'fortigate' | 'fortimanager' | 'panorama';
  address?: string;
  more?: string;
}

const versions = { fortigate: '7.4.4', fortimanager: '7.4.4', panorama: '11.1' };

function entry(id: string, { kind, address = '10.0.0.9', more = '' }: Entry): string {
  return `  ${id}:
    kind: ${kind}
    network: datacenter
    realms: [default]
    address: ${address}
    version: "${versions[kind]}"
    caFile: edge-1-ca.pem
${kind === 'fortigate' ? '    managedBy: none\n' : ''}${more}`;
}

function group(name: string, firewall: string, channel = 'objects'): string {
  return `  ${name}:
    addresses: node
    select: app == 'x'
    anyNamespace: true
    usedIn: allow
    maxMembers: 200
    owner: team@example.com
    publish:
      - { firewall: ${firewall}, channel: ${channel}, create: own, mode: sync }
`;
}

/** Two groups, each over an entry of its own. */
function two(one: Entry, other: Entry, channels: readonly [string, string] = ['objects', 'objects']): string {
  const entries = entry('one', one) + entry('other', other);
  const first = document.slice(0, document.indexOf('groups:'));
  const groups = group('east', 'one', channels[0]) + group('west', 'other', channels[1]);
  return `${first}${entries}groups:\n${groups}`;
}

const device = (name: string): string => `    device: { name: ${name} }\n`;

const firewall = '    device: firewall\n    administrator: zonebridge\n';

test.each([
  ['entries of one virtual domain', { kind: 'fortigate' }, { kind: 'fortigate' }],
  ['entries of one ADOM', { kind: 'fortimanager' }, { kind: 'fortimanager' }],
  [
    'entries with and without device',
    { kind: 'fortimanager' },
    { kind: 'fortimanager', more: device('fgt-1') },
  ],
  ['entries of one vsys', { kind: 'panorama', more: firewall }, { kind: 'panorama', more: firewall }],
] as const)('%s refuse the address objects of each other', async (_, one, other) => {
  expect(await problemsOf(two(one, other))).toMatchObject([
    {
      path: 'groups.west.publish[0].firewall',
      message: expect.stringMatching(
        /where one puts its own \(\/config\/zonebridge.yaml:\d+\).*the same entry/,
      ),
    },
  ]);
});

test.each([
  [
    'devices of one ADOM',
    { kind: 'fortimanager', more: device('a') },
    { kind: 'fortimanager', more: device('b') },
  ],
  ['two virtual domains', { kind: 'fortigate' }, { kind: 'fortigate', more: '    vdom: dmz\n' }],
  ['two firewalls', { kind: 'fortigate' }, { kind: 'fortigate', address: '10.0.0.8' }],
] as const)('%s do not', async (_, one, other) => {
  await expect(load(two(one, other))).resolves.toBeDefined();
});

test('a channel without address objects has nothing to refuse', async () => {
  const fortigate = { kind: 'fortigate' } as const;
  await expect(load(two(fortigate, fortigate, ['objects', 'push']))).resolves.toBeDefined();
});

test('a second entry is told once, however many groups it has', async () => {
  const manager = { kind: 'fortimanager' } as const;
  const text = two(manager, manager) + group('north', 'other');
  expect(await problemsOf(text)).toHaveLength(1);
});
