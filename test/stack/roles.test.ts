import { expect, test } from 'vitest';
import { modules } from '../../lib/app/compose-modules.ts';
import { cluster, firewall, smallConfiguration } from './fixtures/configuration.ts';
import { ofType, plain, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** Every line of every policy of a stack: `role: effect actions on resource`. */
function rights(template: StackTemplate): string[] {
  return Object.entries(ofType(template, 'AWS::IAM::Role')).flatMap(([id, role]) => {
    const policies = role.Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
    expect(policies).toHaveLength(1);
    return policies.flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.map((statement) => line(plain(id), statement)),
    );
  });
}

function line(role: string, statement: Statement): string {
  const actions = [statement.Action].flat().sort().map(shortened).join(' ');
  const resources = [readable(statement.Resource)].flat().map(String).map(shortened).join(' ');
  const condition = statement.Condition ? ` if ${JSON.stringify(statement.Condition)}` : '';
  return `${role}: ${statement.Effect} ${actions} on ${resources}${condition}`;
}

function shortened(text: string): string {
  return text
    .replace(/^dynamodb:|^sqs:|^ec2:/, '')
    .replace('arn:aws:dynamodb:eu-central-1:111122223333:table/zonebridge-prod-', 'table ')
    .replace('arn:aws:sqs:eu-central-1:111122223333:', 'queue ');
}

const read = 'BatchGetItem Query';
const write = 'ConditionCheckItem DeleteItem PutItem UpdateItem';
const both = 'BatchGetItem ConditionCheckItem DeleteItem PutItem Query UpdateItem';
const traces = 'Allow xray:PutTelemetryRecords xray:PutTraceSegments on *';
const interfaces =
  'AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets UnassignPrivateIpAddresses on *';
const fromCode =
  'if {"ArnLike":{"lambda:SourceFunctionArn":"arn:aws:lambda:eu-central-1:111122223333:function:*"}}';

test('the hub: exactly these rights', () => {
  expect(rights(templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Hub'))).toEqual([
    'AuditArchiveChangesRole: Allow BatchGetItem BatchWriteItem PutItem Query on table history',
    'AuditArchiveChangesRole: Allow DescribeStream GetRecords GetShardIterator on @Stateledger',
    'AuditArchiveChangesRole: Allow ListStreams on table ledger/stream/*',
    'AuditArchiveChangesRole: Allow SendMessage on @AuditLost',
    'AuditArchiveChangesRole: Allow s3:GetObject s3:PutObject on arn:aws:s3:::zonebridge-prod-111122223333-eu-central-1/prod/*',
    'AuditArchiveChangesRole: Allow s3:ListBucket on @AuditBucket',
    'AuditArchiveChangesRole: Allow logs:CreateLogStream logs:PutLogEvents on @AuditArchiveChangesLog',
    `AuditArchiveChangesRole: ${traces}`,
    `IngestDeltasRole: Allow ${both} on table endpoints`,
    `IngestDeltasRole: Allow ${both} on table memberships`,
    `IngestDeltasRole: Allow ${both} on table dirty`,
    `IngestDeltasRole: Allow ${read} on table ledger`,
    `IngestDeltasRole: Allow ${both} on table control`,
    'IngestDeltasRole: Allow ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage on @IngestQueue',
    'IngestDeltasRole: Allow GetQueueUrl SendMessage on @IngestQueue',
    'IngestDeltasRole: Allow GetQueueUrl SendMessage on queue zonebridge-prod-wake-*.fifo queue zonebridge-prod-agent-*',
    'IngestDeltasRole: Allow logs:CreateLogStream logs:PutLogEvents on @IngestDeltasLog',
    `IngestDeltasRole: ${traces}`,
    `SweepRole: Allow ${both} on table endpoints`,
    `SweepRole: Allow ${both} on table memberships`,
    'SweepRole: Allow Query on table memberships/index/by-group',
    `SweepRole: Allow ${both} on table dirty`,
    `SweepRole: Allow ${both} on table ledger`,
    `SweepRole: Allow ${both} on table control`,
    'SweepRole: Allow GetQueueUrl SendMessage on queue zonebridge-prod-wake-*.fifo queue zonebridge-prod-reconcile-* queue zonebridge-prod-agent-*',
    'SweepRole: Allow events:PutEvents on arn:aws:events:eu-central-1:111122223333:event-bus/zonebridge-prod if {"StringEquals":{"events:source":"zonebridge.hub"}}',
    'SweepRole: Allow logs:CreateLogStream logs:PutLogEvents on @SweepLog',
    `SweepRole: ${traces}`,
    'SweepScheduleRole: Allow lambda:InvokeFunction on @SweepFunction',
    'SweepScheduleRole: Allow SendMessage on @Undelivered',
  ]);
});

test('a network: exactly these rights, and the secrets of its own firewalls alone', () => {
  expect(rights(templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Network-dmz'))).toEqual([
    `SyncFirewallRole: Allow ${read} on table endpoints`,
    `SyncFirewallRole: Allow ${read} on table memberships`,
    `SyncFirewallRole: Allow ${both} on table dirty`,
    `SyncFirewallRole: Allow ${both} on table ledger`,
    `SyncFirewallRole: Allow ${both} on table control`,
    'SyncFirewallRole: Allow secretsmanager:GetSecretValue on @Secretsedge',
    'SyncFirewallRole: Allow ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage on @WakeQueue',
    'SyncFirewallRole: Allow GetQueueUrl SendMessage on @ReconcileQueue',
    'SyncFirewallRole: Allow GetQueueUrl SendMessage on @WakeQueue',
    'SyncFirewallRole: Allow logs:CreateLogStream logs:PutLogEvents on @SyncFirewallLog',
    `SyncFirewallRole: ${traces}`,
    `SyncFirewallRole: Allow ${interfaces}`,
    `SyncFirewallRole: Deny ${interfaces} ${fromCode}`,
    `ReconcileFirewallRole: Allow ${read} on table endpoints`,
    'ReconcileFirewallRole: Allow Query on table memberships/index/by-group',
    `ReconcileFirewallRole: Allow ${write} on table dirty`,
    `ReconcileFirewallRole: Allow ${both} on table ledger`,
    `ReconcileFirewallRole: Allow ${both} on table control`,
    'ReconcileFirewallRole: Allow secretsmanager:GetSecretValue on @Secretsedge',
    'ReconcileFirewallRole: Allow DeleteMessage GetQueueAttributes ReceiveMessage on @ReconcileQueue',
    'ReconcileFirewallRole: Allow GetQueueUrl SendMessage on @WakeQueue',
    'ReconcileFirewallRole: Allow logs:CreateLogStream logs:PutLogEvents on @ReconcileFirewallLog',
    `ReconcileFirewallRole: ${traces}`,
    `ReconcileFirewallRole: Allow ${interfaces}`,
    `ReconcileFirewallRole: Deny ${interfaces} ${fromCode}`,
    'RotationRotateCredentialRole: Allow BatchGetItem Query on table control',
    'RotationRotateCredentialRole: Allow secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on @Secretsedge',
    'RotationRotateCredentialRole: Allow secretsmanager:GetSecretValue on @Secretsedgekeymaker',
    'RotationRotateCredentialRole: Allow GetQueueUrl SendMessage on @ReconcileQueue',
    'RotationRotateCredentialRole: Allow logs:CreateLogStream logs:PutLogEvents on @RotationRotateCredentialLog',
    `RotationRotateCredentialRole: ${traces}`,
    `RotationRotateCredentialRole: Allow ${interfaces}`,
    `RotationRotateCredentialRole: Deny ${interfaces} ${fromCode}`,
    'ReconcileSchedulesRole: Allow SendMessage on @ReconcileQueue',
    'ReconcileSchedulesRole: Allow SendMessage on @Undelivered',
  ]);
});

test('an agent: reports as its own cluster, reads its own queue, nothing else', () => {
  const templates = synthesise(smallConfiguration());
  const bus = 'arn:aws:events:eu-central-1:111122223333:event-bus/zonebridge-prod';
  const expected = (key: string, source: string) => [
    `${key}Role: Allow events:PutEvents on ${bus} if {"StringEquals":{"events:source":"${source}"}}`,
    `${key}Role: Allow ChangeMessageVisibility DeleteMessage GetQueueUrl ReceiveMessage on @${key}MessagesQueue`,
  ];
  expect(rights(templateOf(templates, 'Zonebridge-prod-Clusters-1'))).toEqual(
    expected('shop', 'zonebridge.cluster.111122223333.eu-central-1.shop-eks'),
  );
  expect(rights(templateOf(templates, 'Zonebridge-prod-Clusters-2'))).toEqual(
    expected('pay', 'zonebridge.cluster.444455556666.eu-central-1.pay-eks'),
  );
});

function trustOf(stack: string): unknown {
  const [role] = Object.values(ofType(templateOf(synthesise(smallConfiguration()), stack), 'AWS::IAM::Role'));
  return role?.Properties['AssumeRolePolicyDocument'];
}

const agentTags = (clusterArn: string) => ({
  'aws:RequestTag/eks-cluster-arn': clusterArn,
  'aws:RequestTag/kubernetes-namespace': 'zonebridge',
  'aws:RequestTag/kubernetes-service-account': 'zonebridge-agent',
});

test('a role beside its cluster is taken by pod identity for one service account', () => {
  expect(trustOf('Zonebridge-prod-Clusters-1')).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Condition: { StringEquals: agentTags('arn:aws:eks:eu-central-1:111122223333:cluster/shop-eks') },
      },
    ],
  });
});

test('a role for a cluster elsewhere is taken through the role of the same name there', () => {
  expect(trustOf('Zonebridge-prod-Clusters-2')).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Principal: { AWS: 'arn:aws:iam::444455556666:root' },
        Condition: {
          StringEquals: agentTags('arn:aws:eks:eu-central-1:444455556666:cluster/pay-eks'),
          ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/zonebridge-prod-agent-pay' },
        },
      },
    ],
  });
});

test('with an OIDC provider a role is taken by exactly one service account, through it', () => {
  const oidcProvider = 'oidc.eks.eu-central-1.amazonaws.com/id/ABC';
  const configuration = {
    ...smallConfiguration(),
    clusters: { shop: cluster('shop-eks', { oidcProvider }) },
  };
  const [role] = Object.values(
    ofType(templateOf(synthesise(configuration), 'Zonebridge-prod-Clusters-1'), 'AWS::IAM::Role'),
  );
  const [statement] = (role!.Properties['AssumeRolePolicyDocument'] as { Statement: unknown[] }).Statement;
  expect(readable(statement)).toEqual({
    Effect: 'Allow',
    Action: 'sts:AssumeRoleWithWebIdentity',
    Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${oidcProvider}` },
    Condition: {
      StringEquals: {
        [`${oidcProvider}:aud`]: 'sts.amazonaws.com',
        [`${oidcProvider}:sub`]: 'system:serviceaccount:zonebridge:zonebridge-agent',
      },
    },
  });
});

test('path and permissions boundary of the hub are on every role, and no policy stands outside a role', () => {
  const permissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/boundary';
  const templates = synthesise(smallConfiguration({ permissionsBoundaryArn, rolePath: '/security/' }));
  const roles = [...templates.values()].flatMap((template) =>
    Object.values(ofType(template, 'AWS::IAM::Role')),
  );
  expect(roles.length).toBe(13);
  for (const { Properties } of roles) {
    expect(Properties).toMatchObject({ PermissionsBoundary: permissionsBoundaryArn, Path: '/security/' });
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  }
  for (const template of templates.values()) {
    expect(Object.keys(ofType(template, 'AWS::IAM::Policy'))).toEqual([]);
    expect(Object.keys(ofType(template, 'AWS::IAM::ManagedPolicy'))).toEqual([]);
  }
  const pay = JSON.stringify(templateOf(templates, 'Zonebridge-prod-Clusters-2'));
  expect(pay).toContain('arn:aws:iam::444455556666:role/security/zonebridge-prod-agent-pay');
});

test('a customer key is used through our services alone', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';
  const templates = synthesise(smallConfiguration({ kmsKeyArn }));
  const lines = [...templates.values()].flatMap(rights).filter((each) => each.includes(kmsKeyArn));
  const via = (...services: string[]) =>
    JSON.stringify({
      StringEquals: { 'kms:ViaService': services.map((each) => `${each}.eu-central-1.amazonaws.com`) },
    });
  const use = `Allow kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey on ${kmsKeyArn} if`;
  const inNetwork = ['SyncFirewallRole', 'ReconcileFirewallRole'].map(
    (role) => `${role}: ${use} ${via('dynamodb', 'secretsmanager', 'sqs')}`,
  );
  const schedules = `ReconcileSchedulesRole: ${use} ${via('sqs')}`;
  expect(lines.sort()).toEqual(
    [
      `AuditArchiveChangesRole: ${use} ${via('dynamodb', 's3', 'sqs')}`,
      `IngestDeltasRole: ${use} ${via('dynamodb', 'sqs')}`,
      `SweepRole: ${use} ${via('dynamodb', 'sqs')}`,
      `SweepScheduleRole: ${use} ${via('sqs')}`,
      ...inNetwork,
      schedules,
      `RotationRotateCredentialRole: ${use} ${via('dynamodb', 'secretsmanager', 'sqs')}`,
      ...inNetwork,
      schedules,
      `shopRole: ${use} ${via('sqs')}`,
      `payRole: ${use} ${via('sqs')}`,
    ].sort(),
  );
});

test('a firewall whose module needs no credential gets no secret and no right to read one', () => {
  const { fortigate } = modules;
  const without = {
    ...modules,
    roleBased: { ...fortigate!, kind: 'roleBased', withoutCredential: true as const },
  };
  const small = smallConfiguration();
  const configuration = {
    ...small,
    firewalls: { ...small.firewalls, core: { ...small.firewalls['core']!, kind: 'roleBased' } },
  };
  const templates = synthesise(configuration, {}, { modules: without });
  const office = templateOf(templates, 'Zonebridge-prod-Network-office');
  expect(Object.keys(ofType(office, 'AWS::SecretsManager::Secret'))).toEqual([]);
  expect(rights(office).filter((each) => each.includes('secretsmanager'))).toEqual([]);
  const dmz = templateOf(templates, 'Zonebridge-prod-Network-dmz');
  expect(Object.keys(ofType(dmz, 'AWS::SecretsManager::Secret'))).not.toEqual([]);
});

test('prefix lists: the sync changes what carries a tag of ours alone, the comparison only reads, and the network reaches EC2', () => {
  const small = smallConfiguration();
  const settings = { account: '111122223333', region: 'eu-central-1', maxEntries: 60 };
  const lists = { ...firewall('dmz'), kind: 'aws-prefix-list', settings };
  const configuration = { ...small, firewalls: { lists, 'lists-too': lists } };
  const templates = synthesise(configuration);
  const dmz = templateOf(templates, 'Zonebridge-prod-Network-dmz');
  const arn = 'arn:aws:ec2:eu-central-1:111122223333:prefix-list/*';
  const reads = (role: string) => [
    `${role}: Allow DescribeManagedPrefixLists on *`,
    `${role}: Allow GetManagedPrefixListAssociations GetManagedPrefixListEntries on ${arn}`,
  ];
  expect(rights(dmz).filter((each) => /PrefixList|CreateTags/.test(each))).toEqual([
    ...reads('SyncFirewallRole'),
    `SyncFirewallRole: Allow DeleteManagedPrefixList ModifyManagedPrefixList on ${arn} if {"Null":{"aws:ResourceTag/zonebridge:mark":"false"}}`,
    `SyncFirewallRole: Allow ModifyManagedPrefixList on ${arn} if {"Null":{"aws:ResourceTag/zonebridge:offer":"false"}}`,
    `SyncFirewallRole: Allow CreateManagedPrefixList on ${arn} if {"Null":{"aws:RequestTag/zonebridge:mark":"false"}}`,
    `SyncFirewallRole: Allow CreateTags on ${arn} if {"StringEquals":{"ec2:CreateAction":"CreateManagedPrefixList"},"Null":{"aws:RequestTag/zonebridge:mark":"false"}}`,
    ...reads('ReconcileFirewallRole'),
  ]);
  const endpoints = (template: StackTemplate) =>
    JSON.stringify(
      Object.values(ofType(template, 'AWS::EC2::VPCEndpoint')).map(
        ({ Properties }) => Properties['ServiceName'],
      ),
    );
  expect(endpoints(dmz)).toMatch(/\.ec2"/);
  expect(endpoints(templateOf(synthesise(small), 'Zonebridge-prod-Network-dmz'))).not.toMatch(/\.ec2"/);
});
