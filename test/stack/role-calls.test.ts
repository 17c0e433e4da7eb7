import { beforeAll, describe, expect, test } from 'vitest';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { cluster, smallConfiguration } from './fixtures/configuration.ts';
import {
  archive,
  bus,
  call,
  forbidden,
  here,
  hubName,
  queue,
  role,
  secret,
  table,
} from './fixtures/forbidden-calls.ts';
import { withLists } from './fixtures/lists.ts';
import { type Call, decide, type Statement } from './iam.ts';
import { ofType, plain, type Resource, type StackTemplate, synthesise, templateOf } from './support.ts';

/** What each role is there for; without it, a policy that denies everything would pass. */
const needed: Readonly<Record<string, readonly Call[]>> = {
  'Hub/IngestDeltasRole': [
    call('dynamodb:BatchGetItem', table('endpoints')),
    call('dynamodb:PutItem', table('memberships')),
    call('dynamodb:UpdateItem', table('dirty')),
    call('sqs:ReceiveMessage', queue('ingest')),
    call('sqs:SendMessage', queue('wake-dmz.fifo')),
    call('sqs:SendMessage', queue('agent-shop')),
  ],
  'Hub/SweepRole': [
    call('dynamodb:Query', table('dirty')),
    call('dynamodb:BatchGetItem', table('ledger')),
    call('sqs:SendMessage', queue('wake-office.fifo')),
  ],
  'Hub/AuditArchiveChangesRole': [
    call('s3:PutObject', `${archive}/${hubName}/edge/0001`),
    call('dynamodb:PutItem', table('history')),
    call('dynamodb:GetRecords', `${table('ledger')}/stream/2026`),
  ],
  'Hub/SweepScheduleRole': [call('lambda:InvokeFunction', `arn:aws:lambda:${here}:function:SweepFunction`)],
  'Network-dmz/SyncFirewallRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
    call('dynamodb:UpdateItem', table('ledger')),
    call('dynamodb:Query', table('memberships')),
    call('sqs:ChangeMessageVisibility', queue('wake-dmz.fifo')),
    call('sqs:SendMessage', queue('reconcile-dmz')),
  ],
  'Network-dmz/ReconcileFirewallRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
    call('dynamodb:Query', `${table('memberships')}/index/by-group`),
    call('dynamodb:BatchGetItem', table('endpoints')),
    call('sqs:SendMessage', queue('wake-dmz.fifo')),
  ],
  'Clusters-1/shopRole': [
    call('events:PutEvents', bus, {
      'events:source': 'zonebridge.cluster.111122223333.eu-central-1.shop-eks',
    }),
    call('sqs:ReceiveMessage', queue('agent-shop')),
    call('sqs:DeleteMessage', queue('agent-shop')),
  ],
  'Clusters-2/payRole': [
    call('events:PutEvents', bus, {
      'events:source': 'zonebridge.cluster.444455556666.eu-central-1.pay-eks',
    }),
    call('sqs:ReceiveMessage', queue('agent-pay')),
  ],
  'Account-444455556666/AgentpayRole': [
    call('sts:AssumeRole', role(`zonebridge-${hubName}-agent-pay`)),
    call('sts:TagSession', role(`zonebridge-${hubName}-agent-pay`)),
  ],
  'Account-444455556666/LooksresolverRole': [
    call('ec2:DescribeNetworkInterfaces', '*', { 'aws:RequestedRegion': 'eu-central-1' }),
  ],
  'Account-444455556666/LookshostsRole': [
    call('ec2:DescribeInstances', '*', { 'aws:RequestedRegion': 'eu-central-1' }),
  ],
};

/** What one role must not do although another may. */
const ofOthers: Readonly<Record<string, readonly Call[]>> = {
  'Clusters-1/shopRole': [
    call('events:PutEvents', bus, {
      'events:source': 'zonebridge.cluster.444455556666.eu-central-1.pay-eks',
    }),
    call('sqs:ReceiveMessage', queue('agent-pay')),
    call('sqs:SendMessage', queue('ingest')),
    call('sqs:SendMessage', queue('wake-dmz.fifo')),
    call('dynamodb:BatchGetItem', table('control')),
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
  ],
  'Hub/IngestDeltasRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
    call('dynamodb:UpdateItem', table('ledger')),
    call('dynamodb:PutItem', table('history')),
    call('sqs:ReceiveMessage', queue('wake-dmz.fifo')),
  ],
  'Hub/SweepRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
    call('dynamodb:DeleteItem', table('history')),
    call('dynamodb:PutItem', table('history')),
    call('sqs:ReceiveMessage', queue('ingest')),
  ],
  'Hub/AuditArchiveChangesRole': [
    call('dynamodb:DeleteItem', table('history')),
    call('dynamodb:UpdateItem', table('ledger')),
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/edge`)),
  ],
  'Network-dmz/SyncFirewallRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/core`)),
    call('secretsmanager:PutSecretValue', secret(`zonebridge/${hubName}/edge`)),
    call('dynamodb:PutItem', table('memberships')),
    call('dynamodb:PutItem', table('endpoints')),
    call('dynamodb:PutItem', table('history')),
    call('sqs:ReceiveMessage', queue('wake-office.fifo')),
    call('ec2:CreateNetworkInterface', '*', {
      'lambda:SourceFunctionArn': `arn:aws:lambda:${here}:function:SyncFirewall`,
    }),
  ],
  'Network-dmz/ReconcileFirewallRole': [
    call('secretsmanager:GetSecretValue', secret(`zonebridge/${hubName}/core`)),
    call('dynamodb:PutItem', table('endpoints')),
  ],
  'Account-444455556666/AgentpayRole': [
    call('sts:AssumeRole', role(`zonebridge-${hubName}-hosts`)),
    call('sts:AssumeRole', 'arn:aws:iam::444455556666:role/admin'),
    call('events:PutEvents', bus, {
      'events:source': 'zonebridge.cluster.444455556666.eu-central-1.pay-eks',
    }),
    call('sqs:ReceiveMessage', queue('agent-pay')),
    call('ec2:DescribeInstances', '*', { 'aws:RequestedRegion': 'eu-central-1' }),
  ],
  'Account-444455556666/LooksresolverRole': [
    call('ec2:DescribeInstances', '*', { 'aws:RequestedRegion': 'eu-central-1' }),
    call('ec2:DescribeNetworkInterfaces', '*', { 'aws:RequestedRegion': 'us-east-1' }),
    call('sts:AssumeRole', role(`zonebridge-${hubName}-agent-pay`)),
  ],
  'Account-444455556666/LookshostsRole': [
    call('ec2:DescribeNetworkInterfaces', '*', { 'aws:RequestedRegion': 'eu-central-1' }),
    call('ec2:DescribeInstances', '*'),
    call('eks:DescribeCluster', 'arn:aws:eks:eu-central-1:444455556666:cluster/pay-eks'),
  ],
};

interface RoleUnderTest {
  name: string;
  statements: Statement[];
  resolve: (value: unknown) => string;
}

let templates: Map<string, StackTemplate>;
let roles: RoleUnderTest[];

/** The same, with everything that the stack of another account can hold. */
function withLooks(): Configuration {
  const configuration = smallConfiguration();
  const { pay } = configuration.clusters;
  if (!pay) throw new Error('no cluster elsewhere');
  const { account, region, realm, ranges, sharedRanges } = pay;
  const legacy = { account, region, realm, ranges, sharedRanges, tags: { env: ['prod'] } };
  return {
    ...configuration,
    clusters: { ...configuration.clusters, pay: { ...pay, resolveNames: true } },
    hosts: { legacy },
  };
}

/** With everything that makes a role of its own in the account of the hub. */
function withEverything(): Configuration {
  const { hosts } = withLooks();
  const lists = withLists();
  const shop = cluster('shop-eks', { writes: ['group-status'], resolveNames: true });
  const system = { source: 'tickets.example', account: '444455556666', principal: role('tickets') };
  return {
    ...lists,
    hub: { ...lists.hub, onboarding: { image: 'registry.example/agent:1', admit: ['shop'] } },
    clusters: { ...lists.clusters, shop },
    hosts,
    ticketSystems: { tickets: system },
  };
}

beforeAll(() => {
  templates = new Map([
    ...synthesise(smallConfiguration()),
    ...synthesise(withLooks(), { account: '444455556666' }),
  ]);
  roles = rolesOf(templates);
});

function rolesOf(templates: ReadonlyMap<string, StackTemplate>): RoleUnderTest[] {
  return [...templates].flatMap(([stack, template]) =>
    Object.entries(ofType(template, 'AWS::IAM::Role')).map(([id, { Properties }]) => ({
      name: `${stack.split('-').slice(2).join('-')}/${plain(id)}`,
      statements: (Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
        ({ PolicyDocument }) => PolicyDocument.Statement,
      ),
      resolve: (value) => resolve(template, value),
    })),
  );
}

/** A reference as the ARN that it will be. */
function resolve(template: StackTemplate, value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    Ref: ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = value as {
    Ref?: string;
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (join) return join[1].map((part) => resolve(template, part)).join(join[0]);
  if (ref?.startsWith('AWS::')) return { 'AWS::Partition': 'aws' }[ref] ?? ref;
  const id = ref ?? attribute?.[0] ?? '';
  const resource = template.Resources[id];
  if (!resource) throw new TypeError(`cannot resolve ${JSON.stringify(value)}`);
  return arnOf(plain(id), resource) + (attribute?.[1] === 'StreamArn' ? '/stream/2026' : '');
}

function arnOf(id: string, { Type: type, Properties: own }: Resource): string {
  const text = (name: string): string => (typeof own[name] === 'string' ? own[name] : id);
  const arns: Record<string, () => string> = {
    'AWS::SQS::Queue': () => `arn:aws:sqs:${here}:${text('QueueName')}`,
    'AWS::SecretsManager::Secret': () => secret(text('Name')),
    'AWS::DynamoDB::Table': () => `arn:aws:dynamodb:${here}:table/${text('TableName')}`,
    'AWS::S3::Bucket': () => `arn:aws:s3:::${text('BucketName')}`,
    'AWS::Logs::LogGroup': () => `arn:aws:logs:${here}:log-group:${id}:*`,
    'AWS::Lambda::Function': () => `arn:aws:lambda:${here}:function:${id}`,
    'AWS::IAM::Role': () => role(text('RoleName')),
    'AWS::Events::EventBus': () => `arn:aws:events:${here}:event-bus/${text('Name')}`,
  };
  const arn = arns[type];
  if (!arn) throw new TypeError(`no form of ARN known for ${type}`);
  return arn();
}

function decisions(under: RoleUnderTest, calls: readonly Call[]): string[] {
  return calls
    .filter((one) => decide(under.statements, one, under.resolve) === 'allow')
    .map(({ action, resource }) => `${under.name} may ${action} on ${resource}`);
}

test('more than fifty calls that no role may make', () => {
  expect(
    new Set(forbidden.map(({ action, resource, context }) => JSON.stringify([action, resource, context])))
      .size,
  ).toBeGreaterThanOrEqual(50);
  expect(roles.length).toBeGreaterThanOrEqual(10);
  expect(roles.flatMap((under) => decisions(under, forbidden))).toEqual([]);
});

test('nor may the roles of what few hubs have', () => {
  const all = rolesOf(synthesise(withEverything()));
  const names = all.map(({ name }) => name);
  for (const of of [
    'AnswerApproval',
    'OnboardClusters',
    'PublishDesired',
    'ResolveNames',
    'TellHosts',
    'ServeLists',
  ])
    expect(names.join(' ')).toContain(of);
  expect(all.flatMap((under) => decisions(under, forbidden))).toEqual([]);
});

test('each role may do what it is there for', () => {
  const missing = Object.entries(needed).flatMap(([name, calls]) => {
    const under = roles.find((each) => each.name === name);
    if (!under) return [`there is no ${name} among ${roles.map((each) => each.name).join(' ')}`];
    return calls
      .filter((one) => decide(under.statements, one, under.resolve) !== 'allow')
      .map(({ action, resource }) => `${name} may not ${action} on ${resource}`);
  });
  expect(missing).toEqual([]);
});

test('no role may do what only another may', () => {
  const found = Object.entries(ofOthers).flatMap(([name, calls]) => {
    const under = roles.find((each) => each.name === name);
    return under ? decisions(under, calls) : [`there is no ${name}`];
  });
  expect(found).toEqual([]);
});

describe('policies of resources', () => {
  test('the bus refuses everybody who is no agent, administrators included, and no agent', () => {
    const hub = templateOf(templates, 'Zonebridge-prod-Hub');
    const [policy] = Object.values(ofType(hub, 'AWS::Events::EventBusPolicy'));
    const statement = policy?.Properties['Statement'] as Statement;
    const by = (principal: string) =>
      decide([statement], call('events:PutEvents', bus, { 'aws:PrincipalArn': principal }), (value) =>
        resolve(hub, value),
      );
    expect(by(role('admin'))).toBe('deny');
    expect(by('arn:aws:iam::444455556666:role/zonebridge-prod-agent-pay')).toBe('deny');
    expect(by(role('zonebridge-other-agent-shop'))).toBe('deny');
    expect(by(role('zonebridge-prod-agent-shop'))).toBe('no');
  });

  test('the archive lets nobody delete or unlock, whoever has the right; queues, bucket and topic speak TLS alone', () => {
    const hub = templateOf(templates, 'Zonebridge-prod-Hub');
    const statementsOf = (type: string) =>
      Object.values(ofType(hub, type)).map(
        ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
      );
    const [bucket = []] = statementsOf('AWS::S3::BucketPolicy');
    const asked = (one: Call) => decide(bucket, one, (value) => resolve(hub, value));
    for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectRetention'])
      expect(asked(call(action, `${archive}/prod/edge/1`))).toBe('deny');
    expect(asked(call('s3:PutObject', `${archive}/prod/edge/1`, { 'aws:SecureTransport': 'true' }))).toBe(
      'no',
    );
    expect(asked(call('s3:PutObject', `${archive}/prod/edge/1`, { 'aws:SecureTransport': 'false' }))).toBe(
      'deny',
    );
    const queues = Object.keys(ofType(hub, 'AWS::SQS::Queue')).length;
    const plainText = statementsOf('AWS::SQS::QueuePolicy').filter((statements) =>
      JSON.stringify(statements).includes('"aws:SecureTransport":"false"'),
    );
    expect(plainText).toHaveLength(queues);
  });
});
