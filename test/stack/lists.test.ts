import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { composeLists } from '../../lib/app/compose-lists.ts';
import { dynamoClient } from '../../lib/aws/clients/dynamo.ts';
import { secretsClient } from '../../lib/aws/clients/secrets.ts';
import { hastySettings } from '../../lib/aws/clients/settings.ts';
import { smallConfiguration } from './fixtures/configuration.ts';
import { certificateArn, withLists } from './fixtures/lists.ts';
import { decide, type Statement } from './iam.ts';
import { assemble, ofType, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

const here = 'eu-central-1:111122223333';
const bucket = 'arn:aws:s3:::acme-lists';
const trustStoreArn = `arn:aws:elasticloadbalancing:${here}:truststore/firewalls/1`;

let template: StackTemplate;
beforeAll(() => {
  template = templateOf(synthesise(withLists()), 'Zonebridge-prod-Network-dmz');
});

function only(type: string, from = template): Record<string, unknown> {
  const found = Object.values(ofType(from, type));
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

/** Statements of the role whose description holds a text. */
function statements(description: string): Statement[] {
  const [role] = Object.values(ofType(template, 'AWS::IAM::Role')).filter(({ Properties }) =>
    String(Properties['Description']).includes(description),
  );
  const [policy] = role!.Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
  return readable(policy!.PolicyDocument.Statement) as Statement[];
}

test('a network without lists has no load balancer, bucket, function or way to S3', () => {
  const without = templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Network-dmz');
  const text = JSON.stringify(without);
  for (const word of ['ElasticLoadBalancing', 'AWS::S3::', 'serve-lists', '.s3"', 's3:'])
    expect(text, word).not.toContain(word);
  const office = templateOf(synthesise(withLists()), 'Zonebridge-prod-Network-office');
  expect(JSON.stringify(office)).not.toContain('ElasticLoadBalancing');
});

test('firewalls reach it inside of their network, by HTTPS, from the ranges of readers alone', () => {
  expect(only('AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({
    Scheme: 'internal',
    Subnets: ['subnet-0000000000000001a', 'subnet-0000000000000001b'],
    LoadBalancerAttributes: expect.arrayContaining([
      { Key: 'deletion_protection.enabled', Value: 'true' },
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
    ]),
  });
  expect(only('AWS::ElasticLoadBalancingV2::Listener')).toMatchObject({
    Port: 443,
    Protocol: 'HTTPS',
    Certificates: [{ CertificateArn: certificateArn }],
    SslPolicy: expect.stringMatching(/TLS13-1-2/),
  });
  const doors = Object.values(ofType(template, 'AWS::EC2::SecurityGroup')).filter(({ Properties }) =>
    String(Properties['GroupDescription']).includes('lists of branches'),
  );
  const rules = doors[0]!.Properties['SecurityGroupIngress'] as Record<string, unknown>[];
  expect(rules.map((rule) => [rule['CidrIp'] ?? rule['CidrIpv6'], rule['FromPort'], rule['ToPort']])).toEqual(
    [
      ['10.9.0.0/16', 443, 443],
      ['fd00:9::/32', 443, 443],
      ['10.8.0.5/32', 443, 443],
    ],
  );
  expect(JSON.stringify(rules)).not.toContain('0.0.0.0/0');
});

test('it has an IPv6 address where a reader comes from an IPv6 range, and only there', () => {
  const readers = { branch: { sources: ['10.9.0.0/16'] } };
  const without = templateOf(synthesise(withLists({ readers })), 'Zonebridge-prod-Network-dmz');
  const kinds = [template, without].map((from) => only('AWS::ElasticLoadBalancingV2::LoadBalancer', from));
  expect(kinds.map((one) => one['IpAddressType'])).toEqual(['dualstack', 'ipv4']);
});

test('all values of a header reach the function, and only load balancers of this account call it', () => {
  expect(only('AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
    TargetType: 'lambda',
    Targets: [{ Id: { 'Fn::GetAtt': [expect.stringContaining('ServeLists'), 'Arn'] } }],
    TargetGroupAttributes: expect.arrayContaining([
      { Key: 'lambda.multi_value_headers.enabled', Value: 'true' },
    ]),
  });
  const callers = Object.values(ofType(template, 'AWS::Lambda::Permission')).filter(({ Properties }) =>
    JSON.stringify(Properties['FunctionName']).includes('ServeLists'),
  );
  expect(callers.map(({ Properties }) => Properties)).toMatchObject([
    {
      Action: 'lambda:InvokeFunction',
      Principal: 'elasticloadbalancing.amazonaws.com',
      SourceAccount: '111122223333',
    },
  ]);
});

test('client certificates are verified where a trust store is named', () => {
  const readers = {
    edge: { sources: ['10.9.0.0/16'], authentication: 'certificate', certificateSubject: 'CN=edge' },
  };
  const mutual = templateOf(synthesise(withLists({ trustStoreArn, readers })), 'Zonebridge-prod-Network-dmz');
  expect(only('AWS::ElasticLoadBalancingV2::Listener', mutual)).toMatchObject({
    MutualAuthentication: { Mode: 'verify', TrustStoreArn: trustStoreArn },
  });
  expect(only('AWS::ElasticLoadBalancingV2::Listener')['MutualAuthentication']).toBeUndefined();
});

test('the bucket is private, encrypted, versioned, and outlives the stack', () => {
  const [found] = Object.values(ofType(template, 'AWS::S3::Bucket'));
  expect(found).toMatchObject({ DeletionPolicy: 'Retain' });
  expect(found!.Properties).toMatchObject({
    BucketName: 'acme-lists',
    VersioningConfiguration: { Status: 'Enabled' },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
  });
  expect(JSON.stringify(ofType(template, 'AWS::EC2::VPCEndpoint'))).toContain(
    'com.amazonaws.eu-central-1.s3',
  );
});

test('the function that serves reads lists, its own secret and the configuration, and notes who fetched', () => {
  const role = statements('Rights of serve-lists');
  const table = (name: string) => `arn:aws:dynamodb:${here}:table/zonebridge-prod-${name}`;
  const may = (action: string, resource: string, context = {}) =>
    decide(role, { action, resource, context }, String) === 'allow';
  expect(may('s3:GetObject', `${bucket}/lists/zb-prod.web`)).toBe(true);
  expect(may('dynamodb:BatchGetItem', table('control'))).toBe(true);
  expect(may('dynamodb:PutItem', table('history'), { 'dynamodb:LeadingKeys': 'fetches|branches' })).toBe(
    true,
  );
  expect(may('dynamodb:Query', table('history'), { 'dynamodb:LeadingKeys': 'fetches|branches' })).toBe(false);
  for (const [action, resource, context] of [
    ['s3:PutObject', `${bucket}/lists/zb-prod.web`, {}],
    ['s3:DeleteObject', `${bucket}/lists/zb-prod.web`, {}],
    ['s3:GetObject', `${bucket}/other`, {}],
    ['dynamodb:PutItem', table('control'), {}],
    ['dynamodb:PutItem', table('ledger'), {}],
    ['dynamodb:PutItem', table('history'), { 'dynamodb:LeadingKeys': 'subject|edge|2026-01-01' }],
    ['dynamodb:Query', table('history'), {}],
    ['sqs:SendMessage', `arn:aws:sqs:${here}:zonebridge-prod-wake-dmz.fifo`, {}],
  ] as const)
    expect(may(action, resource, context), `${action} ${resource}`).toBe(false);
  const secrets = role.filter(({ Action }) => JSON.stringify(Action).includes('GetSecretValue'));
  expect(secrets.map(({ Resource }) => Resource)).toEqual(['@Secretsbranches']);
});

test.each(['Rights of sync-firewall', 'Rights of reconcile-firewall'])(
  '%s: lists and nothing else of S3',
  (description) => {
    const role = statements(description);
    const may = (action: string, resource: string) => decide(role, { action, resource }, String) === 'allow';
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
      expect(may(action, `${bucket}/lists/zb-prod.web`)).toBe(true);
      expect(may(action, `${bucket}/other`)).toBe(false);
    }
  },
);

test('it answers before its time is over whatever hangs: a function that is ended loses the last good lists', async () => {
  vi.stubEnv('ZONEBRIDGE_HUB', 'prod')
    .stubEnv('ZONEBRIDGE_LISTS', 'branches')
    .stubEnv('AWS_REGION', 'eu-central-1');
  composeLists();
  const tries = [dynamoClient(), secretsClient()].map(({ config }) => config.maxAttempts());
  vi.unstubAllEnvs();
  const { maxAttempts, requestHandler } = hastySettings;
  expect(await Promise.all(tries)).toEqual([maxAttempts, maxAttempts]);
  const [server] = Object.values(ofType(template, 'AWS::Lambda::Function')).filter(({ Properties }) =>
    String(Properties['Description']).startsWith('Serves the lists'),
  );
  // The configuration, the passwords, the note of who fetched; then the bucket. A quarter is left for waits between tries.
  const longest = 3 * maxAttempts * requestHandler.requestTimeout + 2_000;
  expect(longest).toBeLessThan(0.75 * 1_000 * Number(server?.Properties['Timeout']));
});

test('the comparison reads who fetched, of its own lists alone; the sync does not', () => {
  const history = `arn:aws:dynamodb:${here}:table/zonebridge-prod-history`;
  const may = (useCase: string, key: string) => {
    const context = { 'dynamodb:LeadingKeys': key };
    const role = statements(`Rights of ${useCase}`);
    return decide(role, { action: 'dynamodb:Query', resource: history, context }, String) === 'allow';
  };
  expect(may('reconcile-firewall', 'fetches|branches')).toBe(true);
  expect(may('reconcile-firewall', 'fetches|other')).toBe(false);
  expect(may('reconcile-firewall', 'subject|edge|2026-01-01')).toBe(false);
  expect(may('sync-firewall', 'fetches|branches')).toBe(false);
});

test('AwsSolutions finds nothing', () => {
  const assembly = assemble(withLists());
  const file = join(assembly.directory, 'validation-report.json');
  expect((JSON.parse(readFileSync(file, 'utf8')) as { pluginReports: unknown[] }).pluginReports).toEqual([]);
});
