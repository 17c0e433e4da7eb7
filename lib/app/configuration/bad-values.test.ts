import { describe, expect, test } from 'vitest';
import { type Case, edited, load, onlyProblem, problemsOf } from './test-document.ts';

const yaml: Case[] = [
  [
    '    usedIn: allow\n',
    '    usedIn: allow\n    usedIn: deny\n',
    'groups.storefront.usedIn',
    26,
    /twice, first in line 25/,
  ],
  ['  storefront:\n', '  ? [a, b]\n  : 1\n  storefront:\n', 'groups', 21, /plain text/],
  ['address: 10.0.0.10', 'address: [10.0.0.10', '', 17, /not readable as YAML/],
  ['address: 10.0.0.10', 'address: *nowhere', 'firewalls.edge-1.address', 16, /anchor `&nowhere`/],
  ['    usedIn: allow', '    <<: { usedIn: allow }', 'groups.storefront["<<"]', 25, /merge keys/],
  ['app == ', '!!binary app == ', 'groups.storefront.select', 23, /the tag .*binary/],
  [
    "select: app == 'storefront'",
    'select: { matchLabels: { __proto__: x } }',
    'groups.storefront.select.matchLabels.__proto__',
    23,
    /cannot be a key/,
  ],
  ['realms: [default]', 'realms: !!omap [default: 1]', 'firewalls.edge-1.realms', 15, /the tag .*omap/],
  ['groups:', '---\ngroups:', '', 20, /not readable as YAML/],
];

const types: Case[] = [
  [
    '"111122223333", region: eu-central-1, al',
    '111122223333, region: eu-central-1, al',
    'hub.account',
    1,
    /quotes: "111122223333"/,
  ],
  [
    'account: "111122223333", region: eu-central-1, realm',
    'account: 011122223333, region: eu-central-1, realm',
    'clusters.shop.account',
    10,
    /quotes: "011122223333"/,
  ],
  ['version: "7.4.4"', 'version: 7.4', 'firewalls.edge-1.version', 17, /quotes: "7.4"/],
  ['cell: a', 'cell: a, sharedRanges: yes', 'clusters.shop.sharedRanges', 10, /write true/],
  [
    'cell: a',
    'cell: a, gates: { My_Shop: {} }',
    'clusters.shop.gates.My_Shop',
    10,
    /"My_Shop": is no name of a namespace/,
  ],
  ['maxMembers: 200', 'maxMembers: "200"', 'groups.storefront.maxMembers', 26, /a text; a number/],
  ['maxMembers: 200', 'maxMembers: 0', 'groups.storefront.maxMembers', 26, /at least 1/],
  ['usedIn: allow', 'usedIn: alow', 'groups.storefront.usedIn', 25, /did you mean allow\?/],
  [
    'usedIn: allow',
    'usedin: allow\n    usedIn: allow',
    'groups.storefront.usedin',
    25,
    /did you mean `usedIn`\?/,
  ],
  ['groups:', 'gruops: {}\ngroups:', 'gruops', 20, /did you mean `groups`\?/],
  [
    'managedBy: none',
    'managedBy: none\n    vdmo: root',
    'firewalls.edge-1.vdmo',
    19,
    /did you mean `vdom`\?/,
  ],
  [
    'mode: sync',
    'mode: sync, onForeignAd: remove',
    'groups.storefront.publish[0].onForeignAd',
    29,
    /did you mean `onForeignAdd`/,
  ],
  [', mode: sync', '', 'groups.storefront.publish[0].mode', 29, /missing; one of observe, add-only, sync/],
  [', create: own', '', 'groups.storefront.publish[0].create', 29, /missing; one of offered, own/],
  ['    address: 10.0.0.10\n', '', 'firewalls.edge-1.address', 12, /`address` is missing/],
  ['    caFile: edge-1-ca.pem\n', '', 'firewalls.edge-1.caFile', 12, /`caFile` is missing/],
  ['usedIn: allow', 'usedIn:', 'groups.storefront.usedIn', 25, /null is not known here/],
  ['realms: [default]', 'realms: default', 'firewalls.edge-1.realms', 15, /a list belongs there/],
  [
    "select: app == 'storefront'",
    'select: 5',
    'groups.storefront.select',
    23,
    /^`select` is a number \(5\); a text or a map of fields belongs there$/,
  ],
  ...['', ' ~', ' null'].map(
    (nothing): Case => [
      "select: app == 'storefront'",
      `select:${nothing}`,
      'groups.storefront.select',
      23,
      /^`select` has no value \(null\); a text or a map of fields belongs there$/,
    ],
  ),
  [
    "namespaces: projectcalico.org/name == 'shop'",
    'namespaces: [shop]',
    'groups.storefront.namespaces',
    24,
    /^`namespaces` is a list \(\["shop"\]\); a text or a map/,
  ],
  [
    "namespaces: projectcalico.org/name == 'shop'",
    'namespaces:',
    'groups.storefront.namespaces',
    24,
    /^`namespaces` has no value \(null\)/,
  ],
  [
    "select: app == 'storefront'",
    'select: true',
    'groups.storefront.select',
    23,
    /^`select` is true or false \(true\)/,
  ],
  [
    "    select: app == 'storefront'\n",
    '',
    'groups.storefront.select',
    21,
    /^`select` is missing; a text or a map of fields belongs there$/,
  ],
  [
    "select: app == 'storefront'",
    'select: { matchLabels: { app: 5 } }',
    'groups.storefront.select.matchLabels.app',
    23,
    /quotes: "5"/,
  ],
  [
    "select: app == 'storefront'",
    'select: { matchLabel: { app: x } }',
    'groups.storefront.select.matchLabel',
    23,
    /did you mean `matchLabels`/,
  ],
  ['owner: team', 'reviewBy: 2027-02-30\n    owner: team', 'groups.storefront.reviewBy', 27, /2027-03-01/],
  ['[soc@example.com]', '[nobody]', 'hub.alarmEmails[0]', 1, /email/],
];

const names: Case[] = [
  ['  storefront:', '  "store|front":', 'groups["store|front"]', 21, /lower-case letters/],
  ['  storefront:', '  Storefront:', 'groups.Storefront', 21, /lower-case letters/],
  ['realm: default', 'realm: "a|b"', 'clusters.shop.realm', 10, /lower-case letters/],
  ['name: prod', 'name: Prod', 'hub.name', 1, /2 to 20 lower-case/],
  ['  shop: {', '  sh.op: {', 'clusters["sh.op"]', 10, /lower-case/],
];

const impossible: [range: string, why: RegExp][] = [
  ['0.0.0.0/0', /default route/],
  ['"::/0"', /default route/],
  ['127.0.0.0/8', /loopback range 127\.0\.0\.0\/8/],
  ['169.254.10.0/24', /link-local range 169\.254\.0\.0\/16/],
  ['"fe80::/64"', /link-local range fe80::\/10/],
  ['224.0.0.0/4', /multicast range 224\.0\.0\.0\/4/],
  ['0.0.0.0/1', /holds the loopback range/],
];
const ranges = impossible.flatMap(([range, why]): Case[] => [
  ['ranges: [10.20.0.0/16]', `ranges: [${range}]`, 'clusters.shop.ranges[0]', 10, why],
  ['owner: team', `ranges: [${range}]\n    owner: team`, 'groups.storefront.ranges[0]', 27, why],
]);
const destinations: Case[] = [
  [
    'realms: [default]',
    'realms: [default]\n    destinations: [0.0.0.0/0]',
    'firewalls.edge-1.destinations[0]',
    16,
    /default route/,
  ],
  [
    'realms: [default]',
    'realms: [default]\n    destinations: [10.1.0.1/16]',
    'firewalls.edge-1.destinations[0]',
    16,
    /write 10\.1\.0\.0\/16/,
  ],
  [
    'realms: [default]',
    'realms: [default]\n    destinations: []',
    'firewalls.edge-1.destinations',
    16,
    /at least 1/,
  ],
];
const sources: Case[] = ['0.0.0.0/0', '"::/0"'].map((range) => [
  'sourceRanges: [10.9.0.0/26]',
  `sourceRanges: [${range}]`,
  'networks.datacenter.sourceRanges[0]',
  8,
  /default route/,
]);

const everything = /: an empty selector selects everything: write all\(\) if that is meant$/;
const emptyForms = [
  '""',
  '" "',
  '{}',
  '{ matchLabels: {} }',
  '{ matchExpressions: [] }',
  '{ matchLabels: {}, matchExpressions: [] }',
];
const emptySelectors = emptyForms.flatMap((form): Case[] => [
  ["select: app == 'storefront'", `select: ${form}`, 'groups.storefront.select', 23, everything],
  [
    "namespaces: projectcalico.org/name == 'shop'",
    `namespaces: ${form}`,
    'groups.storefront.namespaces',
    24,
    everything,
  ],
]);

test.each([
  ["select: app == 'storefront'", 'select: all()'],
  ["namespaces: projectcalico.org/name == 'shop'", 'namespaces: all()'],
  ["namespaces: projectcalico.org/name == 'shop'", 'anyNamespace: true'],
  ["select: app == 'storefront'", 'select: { matchLabels: { app: "" } }'],
])('%s -> %s is taken', async (from, to) => {
  await expect(load(edited([from, to]))).resolves.toHaveProperty('configuration.groups.storefront');
});

describe.each([
  ['empty selectors', emptySelectors],
  ['ranges', ranges],
  ['destinations', destinations],
  ['source ranges', sources],
  ['YAML', yaml],
  ['types', types],
  ['names', names],
])('%s', (_, cases) => {
  test.each(cases)('%s -> %s', async (...row) => {
    expect(await problemsOf(edited([row[0], row[1]]))).toEqual([onlyProblem(row)]);
  });
});

test('all problems come at once, in reading order, and a faulty entry causes no second one', async () => {
  const text = edited(
    ['region: eu-central-1, al', 'region: moon, al'],
    ['10.20.0.0/16', '10.20.0.0'],
    ['realms: [default]', 'realms: []'],
    ['mode: sync', 'mode: synch'],
  );
  const problems = await problemsOf(text);
  expect(problems.map(({ path, line }) => `${line} ${path}`)).toEqual([
    '1 hub.region',
    '10 clusters.shop.ranges[0]',
    '15 firewalls.edge-1.realms',
    '29 groups.storefront.publish[0].mode',
  ]);
});

test('a document that is none is refused', async () => {
  expect(await problemsOf('- a\n- b\n')).toMatchObject([
    { message: expect.stringMatching(/map of sections/) },
  ]);
  expect(await problemsOf('')).toMatchObject([{ path: 'hub', message: expect.stringMatching(/missing/) }]);
  expect(await problemsOf('\u0000\u0001{[')).not.toEqual([]);
});

test('nothing that YAML can hold is an exception', async () => {
  expect(await problemsOf('hub: &self [*self]\n')).toMatchObject([
    { message: expect.stringMatching(/inside of what it repeats/) },
  ]);
  expect(await problemsOf(`hub: ${'['.repeat(50_000)}\n`)).not.toEqual([]);
});

test('an explosion of aliases is refused, not followed', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      `x${n}: &x${n} [${Array(10)
        .fill(n === 0 ? 'a' : `*x${n - 1}`)
        .join(', ')}]`,
  );
  expect(await problemsOf(levels.join('\n'))).toMatchObject([
    { message: expect.stringMatching(/not readable as YAML/) },
  ]);
});
