import { describe, expect, test } from 'vitest';
import { load, onlyProblem, edited, problemsOf, type Case } from './test-document.ts';

const lists = `
  lists:
    kind: aws-prefix-list
    network: datacenter
    realms: [default]
    account: "111122223333"
    region: eu-central-1
    maxEntries: 100
groups:`;
const nodes = `groups:
  nodes:
    addresses: node
    select: all()
    namespaces: global()
    usedIn: allow
    maxMembers: 100
    publish: [{ firewall: lists, channel: entries, create: own, mode: sync }]
  storefront:`;
const document = edited(['\ngroups:', lists], ['groups:\n  storefront:', nodes]);

describe('prefix lists', () => {
  test('need neither address nor authority', async () => {
    const { configuration } = await load(document);
    expect(configuration.firewalls['lists']?.settings).toEqual({
      account: '111122223333',
      region: 'eu-central-1',
      maxEntries: 100,
      port: 443,
      timeoutMs: 10_000,
    });
  });

  const cases: Case[] = [
    [
      '    account: "111122223333"\n',
      '    account: "999988887777"\n',
      'firewalls.lists.account',
      24,
      /must be 111122223333/,
    ],
    ['    maxEntries: 100', '    maxEntries: 1001', 'firewalls.lists.maxEntries', 26, /1000/],
    ['maxEntries: 100', 'maxEntries: 99', 'groups.nodes.publish[0].channel', 34, /more than 99/],
    [
      'maxEntries: 100',
      'maxEntries: 100\n    rotateKeyDays: 30',
      'firewalls.lists.rotateKeyDays',
      27,
      /no way|lacks|none/,
    ],
    [
      'channel: entries, create: own',
      'channel: entries, create: own, object: corp.v6',
      'groups.nodes.publish[0].object',
      34,
      /\.v6/,
    ],
  ];
  test.each(cases)('%j -> %j is refused', async (from, to, ...rest) => {
    expect(document).toContain(from);
    expect(await problemsOf(document.replace(from, to))).toEqual([onlyProblem([from, to, ...rest])]);
  });

  test.each([
    ['', 100, /pods change all the time/],
    [', acceptConfigChurn: { writesPerHour: 20 }', 101, /only in small groups, of up to 100/],
  ])('carry pods only%s', async (accepted, maxMembers, message) => {
    const pods = document
      .replace('channel: push, create: own', `channel: entries, create: own${accepted}`)
      .replace('- { firewall: edge-1', '- { firewall: lists')
      .replace('maxMembers: 200', `maxMembers: ${maxMembers}`)
      .replace('maxEntries: 100', 'maxEntries: 200');
    expect((await problemsOf(pods)).map((problem) => problem.message)).toEqual([
      expect.stringMatching(message),
    ]);
  });

  test('of another region are out of reach of endpoints that the network makes', async () => {
    const away = document.replace('    region: eu-central-1\n', '    region: us-east-1\n');
    await expect(load(away)).resolves.toBeDefined();
    const created = away.replace(
      'endpoints: existing',
      'endpoints: create\n    routeTables: [rtb-0a1b2c3d4e5f60718]',
    );
    expect(await problemsOf(created)).toMatchObject([{ path: 'firewalls.lists.region' }]);
  });
});
