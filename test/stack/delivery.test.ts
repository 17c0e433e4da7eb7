import { beforeAll, expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { ofType, plain, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

let hub: StackTemplate;
let dmz: StackTemplate;
let shop: StackTemplate;
let pay: StackTemplate;

beforeAll(() => {
  const templates = synthesise(smallConfiguration());
  hub = templateOf(templates, 'Zonebridge-prod-Hub');
  dmz = templateOf(templates, 'Zonebridge-prod-Network-dmz');
  shop = templateOf(templates, 'Zonebridge-prod-Clusters-1');
  pay = templateOf(templates, 'Zonebridge-prod-Clusters-2');
});

/** Properties of all resources of a type by readable logical id, references readable too. */
function properties(template: StackTemplate, type: string): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(ofType(template, type)).map(([id, resource]) => [
      plain(id),
      readable(resource.Properties) as Record<string, unknown>,
    ]),
  );
}

test('one rule moves what clusters report into the ingest queue, with every number said', () => {
  const rules = Object.values(properties(hub, 'AWS::Events::Rule'));
  expect(rules).toHaveLength(1);
  expect(rules[0]).toMatchObject({
    EventBusName: '@AgentsBus',
    EventPattern: { source: [{ prefix: 'zonebridge.cluster.' }] },
    Targets: [
      {
        Arn: '@IngestQueue',
        RetryPolicy: { MaximumEventAgeInSeconds: 43_200, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: '@Undelivered' },
      },
    ],
  });
  for (const queue of ['IngestQueuePolicy', 'UndeliveredPolicy']) {
    const policy = JSON.stringify(properties(hub, 'AWS::SQS::QueuePolicy')[queue]);
    expect(policy).toContain('events.amazonaws.com');
  }
});

test('nobody but the agents and the sweep of this hub may speak on the bus', () => {
  const policies = Object.values(properties(hub, 'AWS::Events::EventBusPolicy'));
  expect(policies).toHaveLength(1);
  expect(policies[0]?.['Statement']).toEqual({
    Sid: 'AgentsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'events:PutEvents',
    Resource: '@AgentsBus',
    Condition: {
      ArnNotLike: {
        'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/zonebridge-prod-agent-*', '@SweepRole'],
      },
    },
  });
});

test('every queue that is worked off sets aside what cannot be handled, and takes TLS alone', () => {
  const found = [hub, dmz, shop].flatMap((template) =>
    Object.entries(properties(template, 'AWS::SQS::Queue')).map(([id, queue]) => {
      const redrive = queue['RedrivePolicy'] as
        | { deadLetterTargetArn: string; maxReceiveCount: number }
        | undefined;
      const fifo = queue['FifoQueue'] === true ? 'fifo ' : '';
      if (!redrive) return `${fifo}${id}`;
      return `${fifo}${String(queue['QueueName'])} ${redrive.maxReceiveCount} -> ${redrive.deadLetterTargetArn} visible after ${String(queue['VisibilityTimeout'])}`;
    }),
  );
  expect(found).toEqual([
    'AuditLost',
    'IngestDeadLetters',
    'zonebridge-prod-ingest 20 -> @IngestDeadLetters visible after 360',
    'Undelivered',
    'fifo WakeDeadLetters',
    'fifo zonebridge-prod-wake-dmz.fifo 1000 -> @WakeDeadLetters visible after 150',
    'ReconcileDeadLetters',
    'zonebridge-prod-reconcile-dmz 3 -> @ReconcileDeadLetters visible after 330',
    'Undelivered',
    'shopMessagesDeadLetters',
    'zonebridge-prod-agent-shop 5 -> @shopMessagesDeadLetters visible after 30',
  ]);
  for (const template of [hub, dmz, shop]) {
    const queues = Object.values(properties(template, 'AWS::SQS::Queue'));
    expect(queues.every((queue) => queue['SqsManagedSseEnabled'] === true)).toBe(true);
    const policies = Object.values(properties(template, 'AWS::SQS::QueuePolicy'));
    expect(policies).toHaveLength(queues.length);
    for (const policy of policies) expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
  }
});

test('wake-ups are kept apart by message group and deduplicated by nobody but the sender', () => {
  const wake = properties(dmz, 'AWS::SQS::Queue')['WakeQueue'];
  expect(wake).toMatchObject({
    ContentBasedDeduplication: false,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    MessageRetentionPeriod: 14 * 24 * 3600,
  });
});

test('functions read their queues one failed message at a time', () => {
  const mappings = [hub, dmz]
    .flatMap((template) => Object.values(properties(template, 'AWS::Lambda::EventSourceMapping')))
    .filter((mapping) => String(mapping['EventSourceArn']).endsWith('Queue'));
  expect(
    mappings.map((mapping) => [
      mapping['EventSourceArn'],
      mapping['BatchSize'],
      mapping['FunctionResponseTypes'],
      mapping['ScalingConfig'],
    ]),
  ).toEqual([
    ['@IngestQueue', 10, ['ReportBatchItemFailures'], { MaximumConcurrency: 20 }],
    ['@WakeQueue', 1, ['ReportBatchItemFailures'], undefined],
    ['@ReconcileQueue', 1, ['ReportBatchItemFailures'], { MaximumConcurrency: 5 }],
  ]);
});

test('functions run Node 24 on arm64 with traces, a log of their own and a visibility above their time-out', () => {
  const found = [hub, dmz].flatMap((template) =>
    Object.entries(properties(template, 'AWS::Lambda::Function')),
  );
  expect(found.map(([id, each]) => [id, each['Timeout']])).toEqual([
    ['AuditArchiveChangesFunction', 120],
    ['IngestDeltasFunction', 60],
    ['SweepFunction', 50],
    ['SyncFirewallFunction', 120],
    ['ReconcileFirewallFunction', 300],
    ['RotationRotateCredentialFunction', 360],
  ]);
  for (const [id, each] of found) {
    const owner = id.replace(/Function$/, '');
    expect(each).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogGroup: `@${owner}Log` },
      Role: `@${owner}Role`,
    });
  }
  const logs = [hub, dmz].flatMap((template) => Object.values(properties(template, 'AWS::Logs::LogGroup')));
  expect(logs.map((log) => log['RetentionInDays'])).toEqual([90, 90, 90, 90, 90, 90]);
});

function readVariables(lambda: Record<string, unknown> | undefined): unknown {
  return (lambda?.['Environment'] as { Variables: unknown } | undefined)?.Variables;
}

test('functions know their hub and network, and nothing secret', () => {
  const variables = (template: StackTemplate, id: string) =>
    readVariables(properties(template, 'AWS::Lambda::Function')[id]);
  const common = {
    ZONEBRIDGE_HUB: 'prod',
    POWERTOOLS_SERVICE_NAME: 'zonebridge',
    POWERTOOLS_METRICS_NAMESPACE: 'Zonebridge',
    NODE_OPTIONS: '--enable-source-maps',
  };
  expect(variables(hub, 'IngestDeltasFunction')).toEqual(common);
  expect(variables(dmz, 'SyncFirewallFunction')).toEqual({ ...common, ZONEBRIDGE_NETWORK: 'dmz' });
});

test('the functions of a network stand in its subnets and security groups, those of the hub in none', () => {
  const network = {
    SubnetIds: ['subnet-0000000000000001a', 'subnet-0000000000000001b', 'subnet-0000000000000001c'],
    SecurityGroupIds: ['sg-0000000000000001'],
  };
  for (const each of Object.values(properties(dmz, 'AWS::Lambda::Function')))
    expect(each['VpcConfig']).toEqual(network);
  for (const each of Object.values(properties(hub, 'AWS::Lambda::Function')))
    expect(each).not.toHaveProperty('VpcConfig');
});

test('the sweep runs every minute, comparisons as often as each firewall says', () => {
  const [sweep] = Object.values(properties(hub, 'AWS::Scheduler::Schedule'));
  expect(sweep).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    Target: { Arn: '@SweepFunction', DeadLetterConfig: { Arn: '@Undelivered' } },
  });
  const [edge, ...others] = Object.values(properties(dmz, 'AWS::Scheduler::Schedule'));
  expect(others).toEqual([]);
  expect(edge).toMatchObject({
    ScheduleExpression: 'rate(15 minutes)',
    Target: {
      Arn: '@ReconcileQueue',
      Input: '{"firewall":"edge","reason":"schedule"}',
      RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 2 },
      DeadLetterConfig: { Arn: '@Undelivered' },
    },
  });
});

test('endpoints are made only where asked for: one subnet a zone, from the functions, for this account', () => {
  const office = templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Network-office');
  expect(properties(office, 'AWS::EC2::VPCEndpoint')).toEqual({});
  const endpoints = properties(dmz, 'AWS::EC2::VPCEndpoint');
  expect(Object.values(endpoints).map((each) => each['ServiceName'])).toEqual([
    'com.amazonaws.eu-central-1.sqs',
    'com.amazonaws.eu-central-1.secretsmanager',
    'com.amazonaws.eu-central-1.dynamodb',
  ]);
  for (const name of ['EndpointsSqs', 'EndpointsSecretsManager']) {
    expect(endpoints[name]).toMatchObject({
      PrivateDnsEnabled: true,
      SubnetIds: ['subnet-0000000000000001a', 'subnet-0000000000000001b'],
      SecurityGroupIds: ['@EndpointsDoor'],
    });
  }
  expect(endpoints['EndpointsDynamoDb']).toMatchObject({ RouteTableIds: ['rtb-0000000000000001'] });
  for (const each of Object.values(endpoints)) {
    expect(each['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Condition: {
            StringEquals: { 'aws:PrincipalAccount': '111122223333', 'aws:ResourceAccount': '111122223333' },
          },
        },
      ],
    });
  }
  const [door] = Object.values(properties(dmz, 'AWS::EC2::SecurityGroup'));
  expect(door?.['SecurityGroupIngress']).toEqual([
    {
      Description: 'Zonebridge functions',
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      SourceSecurityGroupId: 'sg-0000000000000001',
    },
  ]);
});

test('the role of an agent is told; across accounts also the one it is reached by', () => {
  const told = (template: typeof shop) =>
    Object.values(template.Outputs ?? {}).find((each) => each.Description?.startsWith('Role of the agent'));
  expect(readable(told(shop)?.Value)).toBe('@shopRole');
  expect(told(shop)?.Description).toBe('Role of the agent of shop');
  expect(readable(told(pay)?.Value)).toBe('@payRole');
  expect(told(pay)?.Description).toContain('arn:aws:iam::444455556666:role/zonebridge-prod-agent-pay');
});
