import { describe, expect, test } from 'vitest';
import { type Case, document, edited, onlyProblem, problemsOf } from './test-document.ts';

const references: Case[] = [
  [
    'firewall: edge-1',
    'firewall: edge-2',
    'groups.storefront.publish[0].firewall',
    29,
    /did you mean edge-1\?/,
  ],
  ['firewall: edge-1', 'firewall: constructor', 'groups.storefront.publish[0].firewall', 29, /known: edge-1/],
  ['network: datacenter', 'network: elsewhere', 'firewalls.edge-1.network', 14, /known: datacenter/],
  [
    'realms: [default]',
    'realms: [default, other]',
    'firewalls.edge-1.realms[1]',
    15,
    /no realm of a cluster other/,
  ],
  [
    'owner: team',
    'clusters: [shopp]\n    owner: team',
    'groups.storefront.clusters[0]',
    27,
    /did you mean shop\?/,
  ],
  [
    'kind: fortigate',
    'kind: fortgate',
    'firewalls.edge-1.kind',
    13,
    /did you mean fortigate\? Known: fortigate/,
  ],
  ['kind: fortigate', 'kind: constructor', 'firewalls.edge-1.kind', 13, /Known: fortigate/],
  [
    'realms: [default]',
    'realms: [default]\n    callsPerMinute: 60001',
    'firewalls.edge-1.callsPerMinute',
    16,
    /60000 times a minute at most/,
  ],
  [
    'realms: [default]',
    'realms: [default]\n    maintenance: { strict: true }',
    'firewalls.edge-1.maintenance',
    16,
    /either `only` or `never`/,
  ],
  [
    'channel: push',
    'channel: pull',
    'groups.storefront.publish[0].channel',
    29,
    /FortiGate knows push, objects/,
  ],
  [
    '      - {',
    '      - { firewall: edge-1, channel: push, create: own, mode: observe }\n      - {',
    'groups.storefront.publish[1].firewall',
    30,
    /target of this group already/,
  ],
];

const combinations: Case[] = [
  [
    'region: eu-central-1, alarm',
    'region: eu-central-1, onboarding: { image: "r.example/agent:1", admit: [shup] }, alarm',
    'hub.onboarding.admit[0]',
    1,
    /shup is no cluster/,
  ],
  [
    'region: eu-central-1, alarm',
    'region: eu-central-1, onboarding: { admit: [shop] }, alarm',
    'hub.onboarding.image',
    1,
    /`image` is missing/,
  ],
  [
    'region: eu-central-1, alarm',
    'region: us-east-1, onboarding: { image: "r.example/agent:1", admit: [shop] }, alarm',
    'hub.onboarding.admit[0]',
    1,
    /not in the account and region of the hub/,
  ],
  [
    'kind: fortigate',
    'kind: fortigate\n    rotateKeyDays: 30',
    'firewalls.edge-1.rotateKeyDays',
    14,
    /lacks `rotationUsers`/,
  ],
  [
    'addresses: pod',
    'addresses: pod\n    serviceAddresses: [external]',
    'groups.storefront.serviceAddresses',
    23,
    /is for addresses: service; pod addresses/,
  ],
  [
    'realm: default,',
    'realm: default, readRole: "arn:aws:iam::111122223333:role/look",',
    'clusters.shop.readRole',
    10,
    /for resolveNames: true alone/,
  ],
  [
    'realm: default,',
    'realm: default, resolveNames: true, readRole: "arn:aws:iam::111122223333:role/look",',
    'clusters.shop.readRole',
    10,
    /another account than that of the hub/,
  ],
  [
    'account: "111122223333", region: eu-central-1, realm: default,',
    'account: "444455556666", region: eu-central-1, realm: default, resolveNames: true, readRole: "arn:aws:iam::777788889999:role/look",',
    'clusters.shop.readRole',
    10,
    /is no role of account 444455556666/,
  ],
  [
    'addresses: pod',
    'addresses: service\n    serviceAddresses: [external, external]',
    'groups.storefront.serviceAddresses[1]',
    23,
    /listed twice/,
  ],
  [
    "addresses: pod\n    select: app == 'storefront'\n    namespaces: projectcalico.org/name == 'shop'",
    "addresses: service\n    select: app == 'storefront'\n    namespaces: global()",
    'groups.storefront.namespaces',
    24,
    /no service addresses; use `addresses: node`/,
  ],
  ['addresses: pod', 'addresses: egress', 'groups.storefront.addresses', 22, /not built yet/],
  ['mode: sync', 'mode: add-only', 'groups.storefront.publish[0].mode', 29, /other pods within seconds/],
  ["    namespaces: projectcalico.org/name == 'shop'\n", '', 'groups.storefront', 21, /anyNamespace: true/],
  [
    'usedIn: allow',
    'anyNamespace: true\n    usedIn: allow',
    'groups.storefront.anyNamespace',
    25,
    /contradicts/,
  ],
  [
    'usedIn: allow',
    'anyNamespace: false\n    usedIn: allow',
    'groups.storefront.anyNamespace',
    25,
    /true belongs there/,
  ],
  [
    "namespaces: projectcalico.org/name == 'shop'",
    'namespaces: global()',
    'groups.storefront.namespaces',
    24,
    /addresses: node/,
  ],
  ["app == 'storefront'", "app === 'storefront'", 'groups.storefront.select', 23, /at character 7/],
  ["app == 'storefront'", 'global()', 'groups.storefront.select', 23, /cannot be read/],
  [
    "select: app == 'storefront'",
    'select: { matchExpressions: [{ key: app, operator: Near }] }',
    'groups.storefront.select',
    23,
    /operator "Near"/,
  ],
  ['[10.20.0.0/16]', '[10.20.0.1/16]', 'clusters.shop.ranges[0]', 10, /write 10.20.0.0\/16/],
  [
    'owner: team',
    'ranges: [10.20.1.0/24, 10.21.0.0/24]\n    owner: team',
    'groups.storefront.ranges[1]',
    27,
    /not inside/,
  ],
  ['owner: team', 'ranges: [10.0.0.0/8]\n    owner: team', 'groups.storefront.ranges[0]', 27, /not inside/],
  [
    'version: "7.4.4"',
    'version: "6.4"',
    'groups.storefront.publish[0].channel',
    29,
    /pushed feeds exist from/,
  ],
  [
    'channel: push',
    'channel: objects',
    'groups.storefront.publish[0].acceptConfigChurn',
    29,
    /configuration revision/,
  ],
  [
    'mode: sync',
    'mode: sync, object: "a b"',
    'groups.storefront.publish[0].object',
    29,
    /does not fit a FortiGate/,
  ],
  ['endpoints: existing', 'endpoints: create', 'networks.datacenter', 3, /`routeTables` is missing/],
  [
    'endpoints: existing',
    'endpoints: existing\n    routeTables: [rtb-0a1b2c3d4e5f60718]',
    'networks.datacenter.routeTables',
    8,
    /leave it out/,
  ],
  ['  shop: {', `  ${'s'.repeat(60)}: {`, `clusters.${'s'.repeat(60)}`, 10, /IAM takes 64/],
];

describe.each([
  ['references', references],
  ['combinations', combinations],
])('%s', (_, cases) => {
  test.each(cases)('%s -> %s', async (...row) => {
    expect(await problemsOf(edited([row[0], row[1]]))).toEqual([onlyProblem(row)]);
  });
});

describe('clusters', () => {
  const second = (fields: string) =>
    edited([
      'firewalls:',
      `  two: { account: "444455556666", region: eu-central-1, cell: a, ${fields} }\nfirewalls:`,
    ]);

  test('overlapping ranges in a realm name both clusters', async () => {
    expect(await problemsOf(second('realm: default, ranges: [10.20.128.0/17]'))).toEqual([
      {
        path: 'clusters.two.ranges',
        file: '/config/zonebridge.yaml',
        line: 11,
        message: expect.stringMatching(
          /shop \(\/config\/zonebridge.yaml:10\).* sharedRanges: true on two and shop/,
        ),
      },
    ]);
    const half = second('realm: default, ranges: [10.20.128.0/17], sharedRanges: true');
    expect(await problemsOf(half)).toMatchObject([
      { message: expect.stringMatching(/sharedRanges: true on shop/) },
    ]);
  });

  test('the same cluster twice is refused', async () => {
    const text = edited([
      'firewalls:',
      '  two: { account: "111122223333", name: shop, region: eu-central-1, cell: a, realm: b, ranges: [10.1.0.0/16] }\nfirewalls:',
    ]);
    expect(await problemsOf(text)).toMatchObject([
      { path: 'clusters.two', message: expect.stringMatching(/same cluster as shop/) },
    ]);
  });

  test('a firewall must see a realm of the clusters of a group', async () => {
    const text = second('realm: other, ranges: [10.20.0.0/16]').replace(
      '    owner',
      '    clusters: [two]\n    owner',
    );
    expect(await problemsOf(text)).toMatchObject([
      {
        path: 'groups.storefront.publish[0].firewall',
        message: 'edge-1 sees realm default, but the clusters of this group are in other',
      },
    ]);
  });

  test('a cell takes 40', async () => {
    const many = Array.from(
      { length: 40 },
      (_, n) =>
        `  c${n}: { account: "444455556666", region: eu-central-1, cell: a, realm: r${n}, ranges: [10.1.0.0/16] }\n`,
    );
    expect(await problemsOf(edited(['firewalls:\n', `${many.join('')}firewalls:\n`]))).toMatchObject([
      { path: 'clusters.c39.cell', message: expect.stringMatching(/41 clusters; 40 fit/) },
    ]);
  });
});

describe('object names', () => {
  const another = document.slice(document.indexOf('  storefront:')).replace('storefront:', 'checkout:');
  const sync = 'mode: sync';

  test('that are the same object to the device name both places', async () => {
    const text =
      edited([sync, 'mode: sync, object: Shop']) + another.replace(sync, 'mode: sync, object: SHOP');
    expect(await problemsOf(text)).toEqual([
      {
        path: 'groups.checkout.publish[0]',
        file: '/config/zonebridge.yaml',
        line: 38,
        message: expect.stringMatching(
          /object SHOP .* groups.storefront.publish\[0\] \(\/config\/zonebridge.yaml:29\)/,
        ),
      },
    ]);
  });

  test('collide on the device, also when it is configured under two ids', async () => {
    const entry = document
      .slice(document.indexOf('  edge-1:'), document.indexOf('groups:'))
      .replace('edge-1:', 'edge-2:');
    const text =
      edited(['groups:\n', `${entry}groups:\n`], [sync, 'mode: sync, object: Shop']) +
      another.replace(sync, 'mode: sync, object: shop').replace('firewall: edge-1', 'firewall: edge-2');
    expect(await problemsOf(text)).toMatchObject([
      { path: 'groups.checkout.publish[0]', message: expect.stringMatching(/becomes the object shop/) },
    ]);
  });
});

describe('CA files', () => {
  const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

  test.each([
    ['nothing.pem', 'x', /there is no file \/config\/nothing.pem/],
    ['ca.pem', 'hello', /no PEM certificate/],
    ['ca.pem', pem('AAAA'), /damaged certificate, number 1/],
    ['ca.pem', `${pem('AAAA')}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`, /private key/],
  ])('%s %#', async (name, text, message) => {
    const files = { 'zonebridge.yaml': edited(['edge-1-ca.pem', name]), 'ca.pem': text };
    expect(await problemsOf(files)).toMatchObject([
      { path: 'firewalls.edge-1.caFile', line: 19, message: expect.stringMatching(message) },
    ]);
  });

  test('the text itself does not belong into the document', async () => {
    const text = edited(['caFile: edge-1-ca.pem', 'ca: text']);
    expect(await problemsOf(text)).toMatchObject([
      { path: 'firewalls.edge-1.ca', message: expect.stringMatching(/`caFile`/) },
    ]);
  });
});
