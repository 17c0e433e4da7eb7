import { beforeAll, expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { ofType, plain, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

const principal = 'arn:aws:iam::444455556666:role/tickets';
let hub: StackTemplate;

function properties(type: string): [id: string, properties: Record<string, unknown>][] {
  return Object.entries(ofType(hub, type)).map(([id, resource]) => [
    plain(id),
    readable(resource.Properties) as Record<string, unknown>,
  ]);
}

beforeAll(() => {
  const system = { source: 'tickets.example', account: '444455556666', principal };
  const configuration = { ...smallConfiguration(), ticketSystems: { tickets: system } };
  hub = templateOf(synthesise(configuration), 'Zonebridge-prod-Hub');
});

test('a ticket system may say answers under its own source, and nothing else', () => {
  const statements = properties('AWS::Events::EventBusPolicy').map(([, each]) => each['Statement']);
  const common = { Action: 'events:PutEvents', Resource: '@AgentsBus' };
  const role = { ArnEquals: { 'aws:PrincipalArn': principal } };
  expect(statements).toEqual([
    expect.objectContaining({
      Sid: 'AgentsOnly',
      Effect: 'Deny',
      Condition: {
        ArnNotLike: {
          'aws:PrincipalArn': [
            'arn:aws:iam::111122223333:role/zonebridge-prod-agent-*',
            '@SweepRole',
            principal,
          ],
        },
      },
    }),
    {
      ...common,
      Sid: 'Answerstickets',
      Effect: 'Allow',
      Principal: { AWS: principal },
      Condition: {
        StringEquals: { 'events:source': 'tickets.example', 'events:detail-type': 'approval-answer' },
      },
    },
    {
      ...common,
      Sid: 'OnlySourcetickets',
      Effect: 'Deny',
      Principal: '*',
      Condition: { ...role, StringNotEquals: { 'events:source': 'tickets.example' } },
    },
    {
      ...common,
      Sid: 'OnlyTypetickets',
      Effect: 'Deny',
      Principal: '*',
      Condition: { ...role, StringNotEquals: { 'events:detail-type': 'approval-answer' } },
    },
  ]);
});

test('answers of its source and account go to their own queue, which sets aside what cannot be taken', () => {
  const rules = properties('AWS::Events::Rule').map(([, each]) => each);
  const [rule] = rules.filter(({ EventPattern }) => JSON.stringify(EventPattern).includes('tickets'));
  expect(rule?.['EventPattern']).toEqual({
    source: ['tickets.example'],
    account: ['444455556666'],
    'detail-type': ['approval-answer'],
  });
  expect(rule?.['Targets']).toMatchObject([{ Arn: '@AnswersQueue' }]);
  const queues = new Map(properties('AWS::SQS::Queue'));
  expect(queues.get('AnswersQueue')).toMatchObject({
    QueueName: 'zonebridge-prod-answers',
    RedrivePolicy: { maxReceiveCount: 5 },
  });
});

test('whoever takes answers may decide, wake firewalls, and nothing else', () => {
  const [, role] = properties('AWS::IAM::Role').find(([id]) => id === 'AnswersAnswerApprovalRole') ?? [];
  const policies = role?.['Policies'] as { PolicyDocument: { Statement: Record<string, unknown>[] } }[];
  const lines = policies.flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.map(({ Sid, Action }) => `${String(Sid)}: ${[Action].flat().join(' ')}`),
  );
  const write = 'dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:UpdateItem';
  const read = 'dynamodb:BatchGetItem dynamodb:Query';
  expect(lines).toEqual([
    `DirtyRows: ${write}`,
    `LedgerRows: ${read} ${write}`,
    `ControlRows: ${read} ${write}`,
    'OwnQueue: sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage',
    'WakesNetworks: sqs:GetQueueUrl sqs:SendMessage',
    'OwnLog: logs:CreateLogStream logs:PutLogEvents',
    'Traces: xray:PutTelemetryRecords xray:PutTraceSegments',
  ]);
});
