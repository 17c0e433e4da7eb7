import { describe, expect, test } from 'vitest';
import { parseConfiguration, serializeConfiguration } from './stored.ts';
import { type Case, document, edited, load, onlyProblem, problemsOf } from './test-document.ts';

const section =
  '  legacy: { account: "111122223333", region: eu-central-1, realm: default, ranges: [10.9.0.0/16], tags: { env: [prod] } }';
const withHosts = (text = document): string => text.replace('firewalls:', `hosts:\n${section}\nfirewalls:`);

describe('a section of hosts', () => {
  test('is read, and stays so when it is stored', async () => {
    const { configuration } = await load(withHosts());
    expect(configuration.hosts).toMatchObject({
      legacy: { tags: { env: ['prod'] }, sharedRanges: false, ranges: ['10.9.0.0/16'] },
    });
    expect(parseConfiguration(serializeConfiguration(configuration))).toEqual(configuration);
  });

  test('may be named by groups of nodes themselves, which then share with nobody', async () => {
    const group = edited(
      ['addresses: pod', 'addresses: node\n    clusters: [legacy]'],
      ["namespaces: projectcalico.org/name == 'shop'", 'namespaces: global()'],
    );
    const { warnings } = await load(withHosts(group));
    expect(warnings.filter(({ path }) => path.startsWith('groups'))).toEqual([]);
  });

  test('that no group names is told as such, and is no way to a firewall that sees its realm alone', async () => {
    const { warnings } = await load(withHosts());
    expect(warnings).toContainEqual(
      expect.objectContaining({ path: 'hosts.legacy', message: expect.stringMatching(/no group names it/) }),
    );
  });

  const cases: Case[] = [
    ['tags: { env: [prod] }', 'tags: {}', 'hosts.legacy.tags', 12, /at least one tag/],
    ['env: [prod]', "env: ['*', prod]", 'hosts.legacy.tags.env', 12, /any value: leave the others out/],
    ['env: [prod]', 'env: prod', 'hosts.legacy.tags.env', 12, /list/],
    ['env: [prod] }', 'env: [prod] }, cell: a', 'hosts.legacy.cell', 12, /unknown|no `?cell/i],
    ['  legacy:', '  shop:', 'hosts.shop', 12, /a cluster has this name/],
    ['[10.9.0.0/16]', '[10.20.5.0/24]', 'hosts.legacy.ranges', 12, /overlaps with the ranges of shop|shared/],
    [
      'ranges: [10.9.0.0/16]',
      'ranges: [10.9.0.0/16], readRole: "arn:aws:iam::111122223333:role/looks"',
      'hosts.legacy.readRole',
      12,
      /another account than that of the hub/,
    ],
    [
      'addresses: pod',
      'addresses: pod\n    clusters: [legacy]',
      'groups.storefront.addresses',
      24,
      /hosts have no pod/,
    ],
    [
      'addresses: pod',
      'addresses: node\n    clusters: [legacy]',
      'groups.storefront',
      23,
      /lie in no namespace; use `namespaces: global/,
    ],
    [
      'maxMembers: 200',
      'clusters: [legac]\n    maxMembers: 200',
      'groups.storefront.clusters[0]',
      28,
      /did you mean legacy/,
    ],
  ];

  test.each(cases)('%s -> %s', async (...given) => {
    const [from, to] = given;
    const text = withHosts();
    expect(text).toContain(from);
    expect(await problemsOf(text.replace(from, to))).toEqual([onlyProblem(given)]);
  });
});
