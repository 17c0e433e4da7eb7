import { describe, expect, test } from 'vitest';
import type { Configuration, HostsConfiguration } from '../../lib/app/configuration/model.ts';
import { cluster, smallConfiguration } from './fixtures/configuration.ts';
import { assemble, ofType, readable, synthesise, templateOf } from './support.ts';

const hub = 'Zonebridge-prod-Hub';
const readRole = 'arn:aws:iam::444455556666:role/zonebridge-looks';

interface Statement {
  Sid: string;
  Action: unknown;
  Resource: unknown;
}

/** What a role of an agreed name may do beside its tables, log and traces. */
function rightsOf(configuration: Configuration, roleName: string): Record<string, unknown> {
  const roles = Object.values(ofType(templateOf(synthesise(configuration), hub), 'AWS::IAM::Role'));
  const role = roles.find(({ Properties }) => Properties['RoleName'] === roleName);
  const [policy] = role!.Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
  const statements = policy!.PolicyDocument.Statement.filter(
    ({ Sid }) => !/^(Traces|OwnLog|\w+Rows|\w+Listing)$/.test(Sid),
  );
  return Object.fromEntries(
    statements.map(({ Sid, Action, Resource }) => [
      Sid,
      { actions: [Action].flat(), on: [readable(Resource)].flat() },
    ]),
  );
}

const resolving = (): Configuration => {
  const configuration = smallConfiguration();
  return {
    ...configuration,
    clusters: {
      shop: cluster('shop-eks', { resolveNames: true }),
      pay: cluster('pay-eks', { account: '444455556666', cell: '2', resolveNames: true, readRole }),
    },
  };
};

test('without a cluster that wants it nobody may look at EC2', () => {
  expect(JSON.stringify(templateOf(synthesise(smallConfiguration()), hub))).not.toMatch(
    /ec2:Describe|ResolveNames/,
  );
});

test('who looks behind names describes network interfaces, takes the named roles, wakes, and no more', () => {
  expect(rightsOf(resolving(), 'zonebridge-prod-resolver')).toEqual({
    LooksAtCompute: { actions: ['ec2:DescribeNetworkInterfaces'], on: ['*'] },
    LooksElsewhere: { actions: ['sts:AssumeRole'], on: [readRole] },
    WakesNetworks: {
      actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
      on: ['arn:aws:sqs:eu-central-1:111122223333:zonebridge-prod-wake-*.fifo'],
    },
  });
});

test('where all is elsewhere it may describe nothing here', () => {
  const configuration = resolving();
  const { pay } = configuration.clusters;
  const rights = rightsOf({ ...configuration, clusters: { pay: pay! } }, 'zonebridge-prod-resolver');
  expect(Object.keys(rights)).toEqual(['LooksElsewhere', 'WakesNetworks']);
});

test('it runs every minute, and the security rules find nothing', () => {
  assemble(resolving());
  const schedules = Object.values(
    ofType(templateOf(synthesise(resolving()), hub), 'AWS::Scheduler::Schedule'),
  );
  const texts = schedules.map(({ Properties }) => Properties['Description']);
  expect(texts).toContain('Resolves host names');
});

const hosts = (): Configuration => ({
  ...smallConfiguration(),
  hosts: {
    legacy: section(),
    far: section({ account: '444455556666', readRole }),
  },
});

function section(more: Partial<HostsConfiguration> = {}): HostsConfiguration {
  const { account, region } = cluster('any');
  return {
    account,
    region,
    realm: 'main',
    ranges: ['10.9.0.0/16'],
    sharedRanges: true,
    tags: { env: ['prod'] },
    ...more,
  };
}

describe('hosts', () => {
  test('who tells of them describes instances, reads its queues, says what agents say, and no more', () => {
    const consume = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    expect(rightsOf(hosts(), 'zonebridge-prod-hosts')).toEqual({
      LooksAtCompute: { actions: ['ec2:DescribeInstances'], on: ['*'] },
      LooksElsewhere: { actions: ['sts:AssumeRole'], on: [readRole] },
      OwnQueue0: { actions: consume, on: ['@HostsMessageslegacyQueue'] },
      OwnQueue1: { actions: consume, on: ['@HostsMessagesfarQueue'] },
      SaysWhatAgentsSay: { actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'], on: ['@IngestQueue'] },
    });
  });

  test('EC2 tells of its own account alone; both have alarms and a queue that waits longer than the function', () => {
    assemble(hosts());
    const template = templateOf(synthesise(hosts()), hub);
    const rules = Object.values(ofType(template, 'AWS::Events::Rule'));
    const ofStates = rules.filter(({ Properties }) => JSON.stringify(Properties).includes('aws.ec2'));
    expect(ofStates).toHaveLength(1);
    expect(JSON.stringify(readable(ofStates[0]?.Properties))).toContain('@HostsMessageslegacyQueue');
    const alarms = JSON.stringify(ofType(template, 'AWS::CloudWatch::Alarm'));
    for (const key of ['legacy', 'far']) expect(alarms).toContain(`zonebridge-prod-agent-silent-${key}`);
    const queues = Object.values(ofType(template, 'AWS::SQS::Queue')).map(({ Properties }) => Properties);
    const own = queues.find(({ QueueName }) => QueueName === 'zonebridge-prod-agent-legacy');
    const functions = Object.values(ofType(template, 'AWS::Lambda::Function')).map(
      ({ Properties }) => Properties,
    );
    const teller = functions.find(({ Description }) => String(Description).includes('carry the tags'));
    expect(Number(own?.['VisibilityTimeout'])).toBeGreaterThanOrEqual(6 * Number(teller?.['Timeout']));
  });

  test('without hosts there is nothing of them', () => {
    expect(JSON.stringify(templateOf(synthesise(smallConfiguration()), hub))).not.toMatch(
      /TellHosts|aws\.ec2/,
    );
  });
});
