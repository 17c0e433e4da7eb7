import { beforeAll, expect, test } from 'vitest';
import { cluster, smallConfiguration } from './fixtures/configuration.ts';
import { decide, type Statement } from './iam.ts';
import { ofType, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

const here = 'eu-central-1:111122223333';
const bucket = 'arn:aws:s3:::zonebridge-prod-desired-111122223333-eu-central-1';
let hub: StackTemplate;
let templates: ReturnType<typeof synthesise>;

beforeAll(() => {
  const configuration = smallConfiguration();
  configuration.clusters['shop'] = cluster('shop-eks', { writes: ['group-status'] });
  templates = synthesise(configuration);
  hub = templateOf(templates, 'Zonebridge-prod-Hub');
});

/** Statements of the roles whose description holds a text. */
function statements(template: StackTemplate, description: string): Statement[] {
  const roles = Object.values(ofType(template, 'AWS::IAM::Role')).filter(({ Properties }) =>
    String(Properties['Description']).includes(description),
  );
  expect(roles).toHaveLength(1);
  const [policy] = roles[0]!.Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
  return readable(policy!.PolicyDocument.Statement) as Statement[];
}

test('the key signs on P-256 and outlives the stack, and so do the versions of the bucket', () => {
  const [key] = Object.values(ofType(hub, 'AWS::KMS::Key'));
  expect(key).toMatchObject({ DeletionPolicy: 'Retain' });
  expect(key!.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  expect(JSON.stringify(ofType(hub, 'AWS::KMS::Alias'))).toContain('alias/zonebridge-prod-desired');
  const found = Object.values(ofType(hub, 'AWS::S3::Bucket')).find(({ Properties }) =>
    String(Properties['BucketName']).includes('desired'),
  );
  expect(found).toMatchObject({ DeletionPolicy: 'Retain' });
  expect(found!.Properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
});

test('while a key is replaced there are two, the function signs with the one in force, and the first keeps its place', () => {
  const configuration = smallConfiguration();
  configuration.clusters['shop'] = cluster('shop-eks', { writes: ['group-status'] });
  configuration.hub.signingKeys = [2, 1];
  const both = templateOf(synthesise(configuration), 'Zonebridge-prod-Hub');
  const [first] = Object.keys(ofType(hub, 'AWS::KMS::Key'));
  expect(Object.keys(ofType(both, 'AWS::KMS::Key'))).toHaveLength(2);
  expect(Object.keys(ofType(both, 'AWS::KMS::Key'))).toContain(first);
  expect(JSON.stringify(ofType(both, 'AWS::KMS::Alias'))).toContain('alias/zonebridge-prod-desired-2');
  expect(JSON.stringify(ofType(both, 'AWS::Lambda::Function'))).toContain('"ZONEBRIDGE_SIGNING_KEYS":"2,1"');
  const signs = statements(both, 'Rights of publish-desired').find(({ Sid }) => Sid === 'SignsDesiredState');
  expect(signs?.Resource).toHaveLength(2);
});

test('without a cluster that lets us write there is neither key nor bucket nor function', () => {
  const without = templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Hub');
  expect(Object.keys(ofType(without, 'AWS::KMS::Key'))).toEqual([]);
  expect(JSON.stringify(without)).not.toContain('desired');
});

test('an agent reads what is for its cluster, and changes nothing of it; others read nothing', () => {
  const shop = statements(templateOf(templates, 'Zonebridge-prod-Clusters-1'), 'cluster shop');
  const asks = (action: string, resource: string) => decide(shop, { action, resource }, String);
  expect(asks('s3:GetObject', `${bucket}/shop/manifest.json`)).toBe('allow');
  expect(asks('s3:GetObjectVersion', `${bucket}/shop/group-status.json`)).toBe('allow');
  for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])
    expect([action, asks(action, `${bucket}/shop/manifest.json`)]).toEqual([action, 'no']);
  expect(asks('s3:GetObject', `${bucket}/pay/manifest.json`)).toBe('no');
  expect(asks('s3:GetObject', `${bucket}/shop-2/manifest.json`)).toBe('no');
  expect(asks('kms:Sign', `arn:aws:kms:${here}:key/1`)).toBe('no');
  const pay = statements(templateOf(templates, 'Zonebridge-prod-Clusters-2'), 'cluster pay');
  expect(JSON.stringify(pay)).not.toContain('s3:');
});

test('only where resources become groups may the function release and walk', () => {
  const without = JSON.stringify(statements(hub, 'Rights of publish-desired'));
  expect(without).not.toContain('zonebridge-prod-dirty');
  const configuration = smallConfiguration();
  configuration.clusters['shop'] = cluster('shop-eks', { writes: ['address-groups'] });
  const admitting = templateOf(synthesise(configuration), 'Zonebridge-prod-Hub');
  const asks = (action: string, resource: string) =>
    decide(statements(admitting, 'Rights of publish-desired'), { action, resource }, String);
  const table = (name: string) => `arn:aws:dynamodb:${here}:table/zonebridge-prod-${name}`;
  for (const name of ['dirty', 'ledger', 'control'])
    expect(asks('dynamodb:UpdateItem', table(name))).toBe('allow');
  expect(asks('dynamodb:Query', table('dirty'))).toBe('allow');
  for (const name of ['endpoints', 'memberships'])
    expect(asks('dynamodb:UpdateItem', table(name))).toBe('no');
  expect(asks('sqs:SendMessage', `arn:aws:sqs:${here}:zonebridge-prod-ingest`)).toBe('allow');
});

test('one function signs, with the one key, and no other may', () => {
  const signing = JSON.stringify(statements(hub, 'Rights of publish-desired'));
  expect(signing).toContain('kms:Sign');
  const roles = Object.values(ofType(hub, 'AWS::IAM::Role')).filter((role) =>
    JSON.stringify(role).includes('kms:Sign'),
  );
  expect(roles).toHaveLength(1);
});
