import { expect, test } from 'vitest';
import { panoramaSettings, writerKeyOf } from '../../firewalls/panorama/schema.ts';
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

const ofObjects = 'channel: objects, create: own';

function group(name: string, firewall: string, how = ofObjects): string {
  return `  ${name}:
    addresses: node
    select: app == 'x'
    anyNamespace: true
    usedIn: allow
    maxMembers: 200
    owner: team@example.com
    publish:
      - { firewall: ${firewall}, ${how}, mode: sync }
`;
}

/** Two groups, each over an entry of its own. */
function two(one: Entry, other: Entry, hows: readonly [string, string] = [ofObjects, ofObjects]): string {
  const entries = entry('one', one) + entry('other', other);
  const first = document.slice(0, document.indexOf('groups:'));
  const groups = group('east', 'one', hows[0]) + group('west', 'other', hows[1]);
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
  await expect(
    load(two(fortigate, fortigate, [ofObjects, 'channel: push, create: own'])),
  ).resolves.toBeDefined();
});

test('a second entry is told once, however many groups it has', async () => {
  const manager = { kind: 'fortimanager' } as const;
  const text = two(manager, manager) + group('north', 'other');
  expect(await problemsOf(text)).toHaveLength(1);
});

/** The security team offers a tag `shop` on both of two firewalls behind one Panorama, each to another group. */
function offered(one: string, other: string): string {
  const behind = (serial: string): Entry => ({
    kind: 'panorama',
    more: `    device: panorama\n    targets: ["${serial}"]\n`,
  });
  const shop = 'channel: tags, create: offered, object: shop';
  return two(behind(one), behind(other), [shop, shop]);
}

function writerOf(serial: string): string {
  const base = { address: '10.0.0.9', ca: '-----BEGIN CERTIFICATE-----', version: '11.1' };
  return writerKeyOf(panoramaSettings.parse({ ...base, device: 'panorama', targets: [serial] }));
}

const serials = Array.from({ length: 20 }, (_, at) => `0070510000${String(at).padStart(5, '0')}`);

test('firewalls that share a writer are not taken for one', async () => {
  const [first = '', ...others] = serials;
  const other = others.find((serial) => writerOf(serial) === writerOf(first)) ?? '';
  expect(other).not.toBe('');
  await expect(load(offered(first, other))).resolves.toBeDefined();
});

test('two entries for one managed firewall are', async () => {
  const [one = ''] = serials;
  expect(await problemsOf(offered(one, one))).toMatchObject([
    { path: 'groups.west.publish[0]', message: expect.stringContaining('shop') },
  ]);
});
