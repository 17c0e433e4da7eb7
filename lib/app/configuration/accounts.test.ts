import { expect, test } from 'vitest';
import { memberAccount, memberAccounts } from './accounts.ts';
import { readRoleOf } from './role-arns.ts';
import type { ClusterConfiguration, Configuration, HostsConfiguration } from './model.ts';

const [hubAccount, shopAccount, payAccount] = ['111122223333', '222233334444', '333344445555'];
const shared = { realm: 'main', ranges: ['10.0.0.0/8'], sharedRanges: true };

function cluster(name: string, more: Partial<ClusterConfiguration> = {}): ClusterConfiguration {
  const agent = { namespace: 'zonebridge', serviceAccount: 'zonebridge-agent' };
  return { ...shared, ...agent, account: shopAccount, region: 'eu-west-1', name, cell: '1', ...more };
}

function section(more: Partial<HostsConfiguration> = {}): HostsConfiguration {
  return { ...shared, account: shopAccount, region: 'eu-west-1', tags: { env: ['prod'] }, ...more };
}

function configuration(
  clusters: Configuration['clusters'],
  hosts: Record<string, HostsConfiguration> = {},
): Configuration {
  const hub = { name: 'prod', account: hubAccount, region: 'eu-central-1', alarmEmails: [] };
  return { hub, networks: {}, clusters, hosts, firewalls: {}, groups: {} };
}

const readRole = `arn:aws:iam::${shopAccount}:role/looks`;
const oidcProvider = 'oidc.eks.eu-west-1.amazonaws.com/id/ABC';

test('everything in the account of the hub makes no member', () => {
  const own = { account: hubAccount };
  expect(memberAccounts(configuration({ shop: cluster('shop', own) }, { old: section(own) }))).toEqual([]);
});

test('one account in two regions is one member, in the region that comes first; others have their own', () => {
  const shop = cluster('shop');
  const away = cluster('away', { region: 'ap-south-1', resolveNames: true });
  const pay = cluster('pay', { account: payAccount, region: 'us-east-1' });
  const found = memberAccounts(configuration({ shop, away, pay }, { old: section() }));
  expect(found).toEqual([
    {
      account: shopAccount,
      region: 'eu-west-1',
      agents: { shop, away },
      looks: [
        { looker: 'resolver', regions: ['ap-south-1'] },
        { looker: 'hosts', regions: ['eu-west-1'] },
      ],
    },
    { account: payAccount, region: 'us-east-1', agents: { pay }, looks: [] },
  ]);
});

test('a role of the operator and an OIDC provider take the place of ours', () => {
  const shop = cluster('shop', { oidcProvider, region: 'us-east-1', resolveNames: true, readRole });
  expect(memberAccounts(configuration({ shop }, { old: section({ readRole }) }))).toEqual([]);
  const hosts = { old: section({ readRole }), new: section({ region: 'eu-north-1' }) };
  expect(memberAccounts(configuration({ shop }, hosts))).toEqual([
    {
      account: shopAccount,
      region: 'eu-north-1',
      agents: {},
      looks: [{ looker: 'hosts', regions: ['eu-north-1'] }],
    },
  ]);
});

test('an account is found, or the refusal says which there are', () => {
  const silent = cluster('pay', { account: payAccount, oidcProvider });
  const all = configuration({ shop: cluster('shop'), pay: silent });
  expect(memberAccount(all, shopAccount).agents).toHaveProperty('shop');
  expect(() => memberAccount(all, payAccount)).toThrow(
    expect.objectContaining({
      code: 'account/nothing-to-deploy',
      message: expect.stringContaining(shopAccount),
    }),
  );
  for (const unknown of ['999988887777', hubAccount, '', '../x'])
    expect(() => memberAccount(all, unknown)).toThrow(
      expect.objectContaining({ code: 'account/not-configured' }),
    );
});

test('a look takes no role at home, the configured one elsewhere, else the one of the same name and path', () => {
  const hub = { name: 'prod', account: hubAccount };
  expect(readRoleOf(hub, section({ account: hubAccount }), 'hosts')).toBeUndefined();
  expect(readRoleOf(hub, section({ readRole }), 'hosts')).toBe(readRole);
  expect(readRoleOf(hub, section(), 'hosts')).toBe(`arn:aws:iam::${shopAccount}:role/zonebridge-prod-hosts`);
  const china = section({ region: 'cn-north-1' });
  expect(readRoleOf({ ...hub, rolePath: '/security/' }, china, 'resolver')).toBe(
    `arn:aws-cn:iam::${shopAccount}:role/security/zonebridge-prod-resolver`,
  );
});
