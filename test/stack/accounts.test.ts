import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Configuration, HostsConfiguration } from '../../lib/app/configuration/model.ts';
import { wantedFor } from '../../lib/app/onboarding/wanted.ts';
import { derive } from '../../lib/app/state/configurations.ts';
import { cluster, smallConfiguration } from './fixtures/configuration.ts';
import { decide, type Statement } from './iam.ts';
import { assemble, ofType, type StackTemplate, synthesise, templateOf } from './support.ts';

const [hubAccount, account] = ['111122223333', '444455556666'];
const stackName = `Zonebridge-prod-Account-${account}`;

/** Two clusters and hosts in one other account and three regions. */
function spread(hub: Partial<Configuration['hub']> = {}): Configuration {
  const { account: own, region, realm, ranges, sharedRanges } = cluster('any', { account });
  const hosts: HostsConfiguration = {
    account: own,
    region,
    realm,
    ranges,
    sharedRanges,
    tags: { env: ['prod'] },
  };
  return {
    ...smallConfiguration(hub),
    clusters: {
      shop: cluster('shop-eks'),
      pay: cluster('pay-eks', { account, region: 'eu-west-1', resolveNames: true }),
      far: cluster('far-eks', { account, region: 'us-east-1', resolveNames: true }),
    },
    hosts: { legacy: hosts },
  };
}

interface Made {
  RoleName: string;
  Path?: string;
  PermissionsBoundary?: string;
  AssumeRolePolicyDocument: { Statement: (Statement & { Principal: unknown })[] };
  Policies: { PolicyDocument: { Statement: Statement[] } }[];
}

function rolesOf(template: StackTemplate): Map<string, Made> {
  const roles = Object.values(ofType(template, 'AWS::IAM::Role'));
  return new Map(
    roles.map(({ Properties }) => [String(Properties['RoleName']), Properties as never as Made]),
  );
}

const inAccount = (configuration: Configuration): Map<string, Made> =>
  rolesOf(templateOf(synthesise(configuration, { account }), stackName));

const inHub = (configuration: Configuration): Map<string, Made> =>
  new Map([...synthesise(configuration).values()].flatMap((template) => [...rolesOf(template)]));

function roleOf(roles: ReadonlyMap<string, Made>, name: string): Made {
  const found = roles.get(name);
  if (!found) throw new Error(`no role ${name}, there are: ${[...roles.keys()].join(', ')}`);
  return found;
}

const rightsOf = ({ Policies }: Made): Statement[] =>
  Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

/** Whether a role lets itself be taken by somebody; a trust policy has no resource of its own. */
function trusts(role: Made, principal: unknown, context: Record<string, string>): boolean {
  const statements = role.AssumeRolePolicyDocument.Statement.filter(
    (one) => JSON.stringify(one.Principal) === JSON.stringify(principal),
  ).map((one) => ({ ...one, Resource: '*' }));
  return ['sts:AssumeRole', 'sts:TagSession'].every(
    (action) => decide(statements, { action, resource: 'itself', context }, String) === 'allow',
  );
}

const tagsOf = (region: string, name: string, more: Record<string, string> = {}) => ({
  'aws:RequestTag/eks-cluster-arn': `arn:aws:eks:${region}:${account}:cluster/${name}`,
  'aws:RequestTag/kubernetes-namespace': 'zonebridge',
  'aws:RequestTag/kubernetes-service-account': 'zonebridge-agent',
  ...more,
});

test('an app holds the stacks of the hub, or the one of another account', () => {
  expect([...synthesise(spread()).keys()].filter((name) => name.includes('Account'))).toEqual([]);
  expect([...synthesise(spread(), { account: hubAccount }).keys()]).toContain('Zonebridge-prod-Hub');
  const assembly = assemble(spread(), { context: { account } });
  const stacks = assembly.stacks.map((stack) => [stack.stackName, stack.environment]);
  // The first region in the order of the configuration; the second and third make nothing twice.
  expect(stacks).toEqual([[stackName, expect.objectContaining({ account, region: 'eu-west-1' })]]);
});

test('the stack holds these roles and nothing else, needs no bootstrap, and the security rules find nothing', () => {
  const assembly = assemble(spread(), { context: { account } });
  const [stack] = assembly.stacks;
  const template = stack?.template as StackTemplate & Record<string, unknown>;
  expect(new Set(Object.values(template.Resources).map(({ Type }) => Type))).toEqual(
    new Set(['AWS::IAM::Role']),
  );
  expect([...rolesOf(template).keys()].sort()).toEqual([
    'zonebridge-prod-agent-far',
    'zonebridge-prod-agent-pay',
    'zonebridge-prod-hosts',
    'zonebridge-prod-resolver',
  ]);
  expect(template).not.toHaveProperty('Parameters');
  expect([stack?.assumeRoleArn, stack?.cloudFormationExecutionRoleArn]).toEqual([undefined, undefined]);
  const report = readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8');
  expect((JSON.parse(report) as { pluginReports: unknown[] }).pluginReports).toEqual([]);
});

test('an account without clusters of pod identity and without looks has no stack', () => {
  const oidcProvider = 'oidc.eks.eu-central-1.amazonaws.com/id/ABC';
  const configuration = {
    ...smallConfiguration(),
    clusters: { pay: cluster('pay-eks', { account, oidcProvider }) },
  };
  expect(() => synthesise(configuration, { account })).toThrow(/needs no role in account 444455556666/);
  expect(() => synthesise(configuration, { account: '999988887777' })).toThrow(/no cluster and no hosts/);
});

describe('the way of an agent', () => {
  const service = { Service: 'pods.eks.amazonaws.com' };

  test('EKS gives the role to one service account of one cluster', () => {
    const pay = roleOf(inAccount(spread()), 'zonebridge-prod-agent-pay');
    expect(trusts(pay, service, tagsOf('eu-west-1', 'pay-eks'))).toBe(true);
    for (const context of [
      tagsOf('eu-west-1', 'far-eks'),
      tagsOf('us-east-1', 'pay-eks'),
      tagsOf('eu-west-1', 'pay-eks', { 'aws:RequestTag/kubernetes-namespace': 'default' }),
      tagsOf('eu-west-1', 'pay-eks', { 'aws:RequestTag/kubernetes-service-account': 'default' }),
      {},
    ])
      expect(trusts(pay, service, context), JSON.stringify(context)).toBe(false);
    expect(pay.AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal)).toEqual([service]);
  });

  test.each([undefined, '/security/'])(
    'source role, role of the hub and association fit together: path %s',
    (rolePath) => {
      const configuration = spread({ rolePath });
      const here = inAccount(configuration);
      const hub = inHub(configuration);
      for (const key of ['pay', 'far']) {
        const { identity } = wantedFor(configuration, key, { image: 'x' });
        const name = `zonebridge-prod-agent-${key}`;
        const path = rolePath ?? '/';
        expect(identity.roleArn).toBe(`arn:aws:iam::${account}:role${path}${name}`);
        expect(identity.targetRoleArn).toBe(`arn:aws:iam::${hubAccount}:role${path}${name}`);
        const source = roleOf(here, name);
        expect(source.Path).toBe(rolePath);
        expect(rightsOf(source)).toEqual([
          {
            Sid: 'BecomesTheAgentOfTheHub',
            Effect: 'Allow',
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Resource: identity.targetRoleArn,
          },
        ]);
        const { region, name: eks } = configuration.clusters[key]!;
        const root = { AWS: `arn:aws:iam::${account}:root` };
        const by = (arn: string) => tagsOf(region, eks, { 'aws:PrincipalArn': arn });
        expect(trusts(roleOf(hub, name), root, by(identity.roleArn))).toBe(true);
        expect(trusts(roleOf(hub, name), root, by(`arn:aws:iam::${account}:role/admin`))).toBe(false);
      }
    },
  );
});

describe('looking at EC2', () => {
  test.each([
    ['resolver', 'ec2:DescribeNetworkInterfaces', ['eu-west-1', 'us-east-1']],
    ['hosts', 'ec2:DescribeInstances', ['eu-central-1']],
  ])('%s may make its one call in its regions', (looker, action, regions) => {
    const statements = rightsOf(roleOf(inAccount(spread()), `zonebridge-prod-${looker}`));
    const may = (called: string, region: string) =>
      decide(
        statements,
        { action: called, resource: '*', context: { 'aws:RequestedRegion': region } },
        String,
      ) === 'allow';
    for (const region of regions) expect(may(action, region)).toBe(true);
    expect(may(action, 'ap-south-1')).toBe(false);
    const others = ['DescribeInstances', 'DescribeNetworkInterfaces', 'DescribeVpcs', 'TerminateInstances'];
    const elsewhere = others.filter((name) => `ec2:${name}` !== action);
    for (const name of elsewhere) expect(may(`ec2:${name}`, regions[0]!)).toBe(false);
  });

  test.each([
    ['resolver', undefined],
    ['hosts', '/security/'],
  ])('function, right of the hub and role fit together: %s, path %s', (looker, rolePath) => {
    const configuration = spread({ rolePath });
    const name = `zonebridge-prod-${looker}`;
    const path = rolePath ?? '/';
    const wanted = `arn:aws:iam::${account}:role${path}${name}`;
    const own = `arn:aws:iam::${hubAccount}:role${path}${name}`;
    const taken = rightsOf(roleOf(inHub(configuration), name)).filter(({ Sid }) => Sid === 'LooksElsewhere');
    expect(taken).toMatchObject([{ Action: 'sts:AssumeRole', Resource: wanted }]);
    const clusters = [...derive(1, 'x', configuration).clusters.values()];
    const looked = clusters.filter(({ key }) =>
      (looker === 'hosts' ? ['legacy'] : ['pay', 'far']).includes(key),
    );
    expect(looked.map(({ readRole }) => readRole)).toEqual(looked.map(() => wanted));
    expect(clusters.find(({ key }) => key === 'shop')?.readRole).toBeUndefined();

    const { Statement: trust } = roleOf(inAccount(configuration), name).AssumeRolePolicyDocument;
    expect(trust.map(({ Principal }) => Principal)).toEqual([{ AWS: `arn:aws:iam::${hubAccount}:root` }]);
    const by = (arn: string) =>
      decide(
        trust.map((one) => ({ ...one, Resource: '*' })),
        { action: 'sts:AssumeRole', resource: 'itself', context: { 'aws:PrincipalArn': arn } },
        String,
      );
    expect(by(own)).toBe('allow');
    for (const stranger of [`arn:aws:iam::${hubAccount}:role/admin`, wanted, `${own}-2`])
      expect(by(stranger)).toBe('no');
  });

  test('a role of the operator stays in use, and none is made for it', () => {
    const configuration = spread();
    const readRole = `arn:aws:iam::${account}:role/looks`;
    const { legacy } = configuration.hosts!;
    const own = { ...configuration, hosts: { legacy: { ...legacy!, readRole } } };
    expect([...inAccount(own).keys()]).not.toContain('zonebridge-prod-hosts');
    expect(JSON.stringify(rightsOf(roleOf(inHub(own), 'zonebridge-prod-hosts')))).toContain(readRole);
    const clusters = [...derive(1, 'x', own).clusters.values()];
    expect(clusters.find(({ key }) => key === 'legacy')?.readRole).toBe(readRole);
  });
});

test('the permissions boundary is the one of the same name and path in the account; those of AWS are the same everywhere', () => {
  const boundaryOf = (permissionsBoundaryArn: string) =>
    [...inAccount(spread({ permissionsBoundaryArn })).values()].map(
      ({ PermissionsBoundary }) => PermissionsBoundary,
    );
  const mine = boundaryOf(`arn:aws:iam::${hubAccount}:policy/guard/boundary`);
  expect(new Set(mine)).toEqual(new Set([`arn:aws:iam::${account}:policy/guard/boundary`]));
  const ofAws = 'arn:aws:iam::aws:policy/PowerUserAccess';
  expect(new Set(boundaryOf(ofAws))).toEqual(new Set([ofAws]));
});
