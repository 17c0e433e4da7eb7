import { expect, test } from 'vitest';
import { approvalRules } from './approval-rules.ts';
import { document, edited, load, problemsOf } from './test-document.ts';

const period = '{ from: fri 18:00, to: mon 06:00, zone: Europe/Berlin }';

test('without a word on approvals a second person is asked for, and nothing else', async () => {
  const { configuration } = await load(document);
  expect(approvalRules(configuration)).toEqual({
    secondPerson: true,
    ticket: { required: false, pattern: undefined },
    validMinutes: 60,
    freeze: [],
  });
});

test('limits of a firewall and of a target take what is left out from above', async () => {
  const { configuration } = await load(
    edited(
      ['    managedBy: none\n', '    managedBy: none\n    brakes: { shrink: { share: 0.05 } }\n'],
      ['    owner: team-shop', '    brakes: { shrink: { minimum: 7 } }\n    owner: team-shop'],
      ['mode: sync }', 'mode: sync, brakes: { shrink: { share: 0 } } }'],
    ),
  );
  expect(configuration.firewalls['edge-1']?.brakes).toEqual({
    shrink: { minimum: 10, share: 0.05 },
    windowMinutes: 10,
  });
  const group = configuration.groups['storefront'];
  expect(group?.brakes.shrink).toEqual({ minimum: 7, share: 0.3 });
  expect(group?.publish[0]?.brakes?.shrink).toEqual({ minimum: 7, share: 0 });
});

test.each([
  ['approvals: { secondPersn: false }', 'approvals', /secondPerson/],
  ['approvals: { ticket: { required: true, pattern: "(" } }', 'approvals.ticket.pattern', /regular/],
  ['approvals: { validMinutes: 0 }', 'approvals.validMinutes', /1/],
  [`approvals: { freeze: [${period.replace('Berlin', 'Berln')}] }`, 'approvals.freeze[0]', /time zone/],
  [
    `approvals: { freeze: [${period.replace(' }', ', firewalls: [edge-9] }')}] }`,
    'approvals.freeze[0].firewalls[0]',
    /edge-1/,
  ],
  ['quarantine: { group: nothing }', 'quarantine.group', /no group/],
  ['quarantine: { group: storefront }', 'quarantine.group', /deny/],
  [
    'ticketSystems: { t: { source: zonebridge.cluster.x, account: "444455556666", principal: "arn:aws:iam::444455556666:role/t" } }',
    'ticketSystems.t.source',
    /source of your own/,
  ],
  [
    'ticketSystems: { t: { source: tickets, account: "444455556666", principal: "arn:aws:iam::444455556666:user/t" } }',
    'ticketSystems.t.principal',
    /role/,
  ],
])('%s is refused with its place', async (section, path, message) => {
  const problems = await problemsOf(`${document}${section}\n`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ message: expect.stringMatching(message) as string });
  expect(problems[0]?.path.startsWith(path)).toBe(true);
});
