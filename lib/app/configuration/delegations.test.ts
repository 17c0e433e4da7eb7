import { expect, test } from 'vitest';
import { document, load, problemsOf } from './test-document.ts';

const delegations = `delegations:
  teams:
    namespaces: team == 'shop'
    prefix: team.
    usedIn: [allow]
    maxMembers: 50
    maxGroups: 5
    publish:
      - { firewall: edge-1, channel: push, create: own, mode: sync }
`;

test('a delegation gets the brakes of the document', async () => {
  const { configuration } = await load(document + delegations);
  expect(configuration.delegations?.['teams']).toMatchObject({
    name: 'teams',
    prefix: 'team.',
    brakes: { growth: { minimum: 10 } },
  });
});

test.each([
  ['firewall: edge-1', 'firewall: edge-2', 'publish[0].firewall', 38, /did you mean edge-1/],
  ['channel: push', 'channel: pull', 'publish[0].channel', 38, /knows push, objects/],
  ['mode: sync', 'mode: add-only', 'publish[0].mode', 38, /sync or observe/],
  ['mode: sync', 'mode: sync, object: one', 'publish[0]', 38, /object/],
  ['prefix: team.', 'prefix: Team', 'prefix', 33, /a prefix is/],
  ['prefix: team.', 'prefix: team.\n    clusters: [shopp]', 'clusters[0]', 34, /did you mean shop/],
  ['prefix: team.', 'prefix: team.\n    ranges: [10.99.0.0/16]', 'ranges[0]', 34, /not inside a range/],
  ["namespaces: team == 'shop'", 'namespaces: team ==', 'namespaces', 32, /cannot be read/],
  ['maxGroups: 5', 'maxGroup: 5', 'maxGroup', 36, /maxGroups/],
])('%s -> %s is a problem with its line', async (...[from, to, path, line, message]) => {
  const problems = await problemsOf(document + delegations.replace(from, to));
  expect(problems).toContainEqual({
    path: expect.stringContaining(`delegations.teams.${path}`),
    line,
    file: '/config/zonebridge.yaml',
    message: expect.stringMatching(message),
  });
});
