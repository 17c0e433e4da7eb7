import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeCompute } from '../../lib/app/compose-compute.ts';
import { modules } from '../../lib/app/compose-modules.ts';
import { loadConfiguration } from '../../lib/app/configuration/load.ts';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { wantedFor } from '../../lib/app/onboarding/wanted.ts';
import { derive } from '../../lib/app/state/configurations.ts';
import type { Compute } from '../../lib/core/compute.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { ofType, synthesise } from '../stack/support.ts';
import { awsCall } from '../support/hub/aws-call.ts';
import type { Taken } from '../support/hub/enforced.ts';

/**
 * Two accounts of an emulator that enforces rights and trust: `zonebridge deploy --account` with the policy that the documentation gives
 * for it, then whom its roles let in. The roles of the hub are made from its templates; nothing of the hub runs. EKS cannot be asked
 * to take a role there, so this test takes the first one in its stead.
 */
const project = join(import.meta.dirname, '..', '..');
const example = join(project, 'examples', 'multi-cluster');
const [hub, member] = ['111122223333', '222233334444'];
const region = 'eu-central-1';
const path = '/security/';

let directory: string;
let aws: Ministack;
let configuration: Configuration;

/** For the emulator an id of a key that is an account is the root of that account. */
const root = (account: string): Taken => ({
  accessKeyId: account,
  secretAccessKey: 'test',
  sessionToken: '',
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-accounts-'));
  aws = await startMinistack({ directory, settings: { AUTH: 'true' } });
  Object.assign(process.env, aws.environment);
  ({ configuration } = await loadConfiguration(example, { modules }));
});

afterAll(async () => {
  await aws?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function iam(account: string, parameters: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const credentials = { id: account, secret: 'test' };
  return awsCall({
    endpoint: aws.endpoint,
    service: 'iam',
    method: 'POST',
    path: '/',
    body,
    headers,
    credentials,
  });
}

const trustOf = (account: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ],
  });

/**
 * For IAM `aws:PrincipalArn` of who has taken a role is the ARN of that role (IAM user guide, global condition keys); the emulator puts the
 * ARN of the session there. The condition stays as narrow as it is.
 */
async function knowSessions(account: string, RoleName: string): Promise<void> {
  const text = await iam(account, { Action: 'GetRole', RoleName });
  const found = /<AssumeRolePolicyDocument>([^<]*)</.exec(text)?.[1] ?? '';
  const before = found.startsWith('%') ? decodeURIComponent(found) : found.replaceAll('&quot;', '"');
  const PolicyDocument = before.replace(
    /"arn:aws:iam::(\d+):role[^"]*\/([^"/]+)"/,
    '"arn:aws:sts::$1:assumed-role/$2/test"',
  );
  if (PolicyDocument === before)
    throw new Error(`no condition on a role in the trust of ${RoleName}: ${before}`);
  await iam(account, { Action: 'UpdateAssumeRolePolicy', RoleName, PolicyDocument });
}

async function makeRole(
  account: string,
  name: string,
  { trust = trustOf(account), rights }: { trust?: string; rights: unknown },
): Promise<void> {
  await iam(account, {
    Action: 'CreateRole',
    RoleName: name,
    Path: path,
    AssumeRolePolicyDocument: trust,
  });
  const PolicyDocument = JSON.stringify(rights);
  await iam(account, { Action: 'PutRolePolicy', RoleName: name, PolicyName: 'exactly', PolicyDocument });
}

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

const arnOf = (account: string, name: string): string => `arn:aws:iam::${account}:role${path}${name}`;

async function take(by: Taken, role: string, tags: Record<string, string> = {}): Promise<Taken> {
  const { sessionToken, ...key } = by;
  const client = new STSClient({
    endpoint: aws.endpoint,
    region,
    credentials: sessionToken === '' ? key : by,
  });
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { Credentials } = await client.send(
    new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: 'test',
      ...(Tags.length === 0 ? {} : { Tags }),
    }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const environmentOf = ({ accessKeyId, secretAccessKey, sessionToken }: Taken): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
});

async function deploy(by: Taken): Promise<{ code: number; result: unknown }> {
  const options = ['--account', member, '--require-approval', 'never', '--config', example, '--json'];
  const child = spawn(process.execPath, [join(project, 'bin', 'zonebridge.ts'), 'deploy', ...options], {
    cwd: directory,
    env: { ...process.env, ...environmentOf(by), CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)));
  return { code, result: JSON.parse(output) as unknown };
}

/** A role of the hub as its stacks have it, as far as its rights name nothing that only a deployment makes. */
async function makeHubRole(name: string, trust?: string): Promise<void> {
  const roles = [...synthesise(configuration).values()].flatMap((template) =>
    Object.values(ofType(template, 'AWS::IAM::Role')),
  );
  const role = roles.find(({ Properties }) => Properties['RoleName'] === name)?.Properties;
  if (!role) throw new Error(`the stacks of the hub make no role ${name}`);
  const [policy] = role['Policies'] as { PolicyDocument: { Statement: unknown[] } }[];
  const Statement = policy?.PolicyDocument.Statement.filter(
    (one) => !/"(Ref|Fn::)/.test(JSON.stringify(one)),
  );
  await makeRole(hub, name, {
    trust: trust ?? JSON.stringify(role['AssumeRolePolicyDocument']),
    rights: { Version: '2012-10-17', Statement },
  });
}

test('the documented policy deploys it; whoever is at home elsewhere is refused', async () => {
  const text = await readFile(join(project, 'docs', 'account-deployer-policy.json'), 'utf8');
  const filled = text
    .replaceAll('<account>', member)
    .replaceAll('<region>', region)
    .replaceAll(':role/zonebridge-<hub>', `:role${path}zonebridge-<hub>`)
    .replaceAll('<hub>', configuration.hub.name);
  await makeRole(member, 'deployer', { rights: JSON.parse(filled) as unknown });
  const refused = await deploy(root(hub));
  expect(refused).toMatchObject({ code: 1, result: { error: { code: 'account/not-signed-in' } } });
  expect(await deploy(await take(root(member), arnOf(member, 'deployer')))).toEqual({
    code: 0,
    result: {
      ok: true,
      account: member,
      region,
      stack: `Zonebridge-prod-Account-${member}`,
      agents: ['europe'],
      looks: ['resolver', 'hosts'],
    },
  });
});

describe('looking at EC2 of the other account', () => {
  let instance: string;

  /** The code of the functions under a role of the hub, by the role that the configuration gives for a cluster or section. */
  async function as(name: string, key: string, at = region): Promise<Compute> {
    Object.assign(process.env, environmentOf(await take(root(hub), arnOf(hub, name))));
    const places = [...derive(1, 'test', configuration).clusters.values()];
    return composeCompute()({ region: at, readRole: places.find((place) => place.key === key)?.readRole });
  }

  beforeAll(async () => {
    for (const looker of ['zonebridge-prod-hosts', 'zonebridge-prod-resolver']) {
      await makeHubRole(looker, trustOf(hub));
      await knowSessions(member, looker);
    }
    await makeRole(hub, 'administrator', { rights: everything });
    const { sessionToken: _, ...credentials } = root(member);
    const client = new EC2Client({ endpoint: aws.endpoint, region, credentials });
    const Tags = [
      { Key: 'env', Value: 'prod' },
      { Key: 'role', Value: 'db' },
    ];
    const { Instances } = await client.send(
      new RunInstancesCommand({
        ImageId: 'ami-1',
        InstanceType: 'm5.large',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      }),
    );
    instance = Instances?.[0]?.InstanceId ?? '';
  });

  test('each function looks by its own role, and sees what lies there', async () => {
    const hosts = await as('zonebridge-prod-hosts', 'databases');
    expect((await hosts.instances({ env: ['prod'], role: ['db'] })).map(({ id }) => id)).toEqual([instance]);
    const resolver = await as('zonebridge-prod-resolver', 'europe');
    expect(await resolver.interfaces({ is: 'ELB net/none/0' })).toEqual([]);
  });

  test('neither takes the role of the other, makes its call, or looks in another region', async () => {
    const denied = { code: 'host/access-denied' };
    const wanted = { env: ['prod'] };
    await expect((await as('zonebridge-prod-resolver', 'databases')).instances(wanted)).rejects.toMatchObject(
      denied,
    );
    await expect((await as('zonebridge-prod-resolver', 'europe')).instances(wanted)).rejects.toMatchObject(
      denied,
    );
    const away = await as('zonebridge-prod-hosts', 'databases', 'us-east-1');
    await expect(away.instances(wanted)).rejects.toMatchObject(denied);
  });

  test('an administrator of the hub does not get in', async () => {
    const compute = await as('administrator', 'databases');
    await expect(compute.instances({ env: ['prod'] })).rejects.toMatchObject({ code: 'host/access-denied' });
  });
});

describe('an agent of the other account', () => {
  const agent = 'zonebridge-prod-agent-europe';
  /** As EKS sets them for the agent of this cluster. */
  const tags = {
    'eks-cluster-arn': `arn:aws:eks:${region}:${member}:cluster/europe`,
    'kubernetes-namespace': 'zonebridge',
    'kubernetes-service-account': 'zonebridge-agent',
  };
  let source: Taken;

  beforeAll(async () => {
    await makeHubRole(agent);
    await knowSessions(hub, agent);
    await makeRole(member, 'administrator', { rights: everything });
    const administrator = await take(root(member), arnOf(member, 'administrator'));
    const { identity } = wantedFor(configuration, 'europe', { image: 'x' });
    expect([identity.roleArn, identity.targetRoleArn]).toEqual([arnOf(member, agent), arnOf(hub, agent)]);
    await expect(take(administrator, identity.roleArn, tags)).rejects.toMatchObject({ name: 'AccessDenied' });
    const trust = { Action: 'UpdateAssumeRolePolicy', RoleName: agent, PolicyDocument: trustOf(member) };
    await iam(member, trust);
    source = await take(root(member), identity.roleArn, tags);
  });

  test('becomes the agent of the hub, and of its own cluster alone', async () => {
    expect((await take(source, arnOf(hub, agent), tags)).accessKeyId).not.toBe('');
    for (const wrong of [
      {},
      { ...tags, 'eks-cluster-arn': `arn:aws:eks:${region}:${member}:cluster/other` },
      { ...tags, 'kubernetes-namespace': 'default' },
      { ...tags, 'kubernetes-service-account': 'default' },
    ])
      await expect(take(source, arnOf(hub, agent), wrong)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('does nothing else by its role there', async () => {
    const client = new EC2Client({ endpoint: aws.endpoint, region, credentials: source });
    await expect(client.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
    await expect(take(source, arnOf(member, 'zonebridge-prod-hosts'))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  test('an administrator of its account does not become it', async () => {
    const administrator = await take(root(member), arnOf(member, 'administrator'));
    await expect(take(administrator, arnOf(hub, agent), tags)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
