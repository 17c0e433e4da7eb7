import { expect, test } from 'vitest';
import { panoramaSettings } from '../../firewalls/panorama/schema.ts';
import { panoramaDescription } from '../../firewalls/panorama/description.ts';
import { document, load, problemsOf } from './test-document.ts';

const serials = Array.from({ length: 20 }, (_, at) => `0070510000${String(at).padStart(5, '0')}`);

function writerOf(serial: string): string {
  const settings = {
    address: '10.0.0.9',
    ca: '-----BEGIN CERTIFICATE-----',
    version: '11.1',
    device: 'panorama',
    targets: [serial],
  };
  return panoramaDescription.writerKey(panoramaSettings.parse(settings));
}

/** The security team offers a tag `shop` on both of two firewalls behind one Panorama, each to another group. */
function published(one: string, other: string): string {
  const entry = (id: string, serial: string): string => `  ${id}:
    kind: panorama
    network: datacenter
    realms: [default]
    address: 10.0.0.9
    device: panorama
    targets: ["${serial}"]
    version: "11.1"
    caFile: edge-1-ca.pem
`;
  const group = (name: string, firewall: string): string => `  ${name}:
    addresses: node
    select: app == 'x'
    anyNamespace: true
    usedIn: allow
    maxMembers: 200
    owner: team@example.com
    publish:
      - { firewall: ${firewall}, channel: tags, create: offered, object: shop, mode: sync }
`;
  const first = document.slice(0, document.indexOf('groups:'));
  const entries = entry('one', one) + entry('other', other);
  return `${first}${entries}groups:\n${group('east', 'one')}${group('west', 'other')}`;
}

test('firewalls that share a writer are not taken for one', async () => {
  const [first = '', ...others] = serials;
  const other = others.find((serial) => writerOf(serial) === writerOf(first)) ?? '';
  expect(other).not.toBe('');
  await expect(load(published(first, other))).resolves.toBeDefined();
});

test('two entries for one firewall are', async () => {
  const [one = ''] = serials;
  expect(await problemsOf(published(one, one))).toMatchObject([
    { path: 'groups.west.publish[0]', message: expect.stringContaining('shop') },
  ]);
});
