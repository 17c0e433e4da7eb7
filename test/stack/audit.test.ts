import { expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { ofType, readable, type StackTemplate, synthesise, templateOf } from './support.ts';

function hub(more = {}): StackTemplate {
  return templateOf(synthesise(smallConfiguration(more)), 'Zonebridge-prod-Hub');
}

function only(template: StackTemplate, type: string) {
  const found = Object.values(ofType(template, type));
  expect(found).toHaveLength(1);
  return found[0] as (typeof found)[number];
}

test('the ledger tells all its changes, and the function reads them from the oldest on without giving up early', () => {
  const template = hub();
  const tables = Object.values(ofType(template, 'AWS::DynamoDB::Table'));
  const streams = tables.filter((table) => table.Properties['StreamSpecification'] !== undefined);
  expect(
    streams.map(({ Properties }) => [Properties['TableName'], Properties['StreamSpecification']]),
  ).toEqual([['zonebridge-prod-ledger', { StreamViewType: 'NEW_AND_OLD_IMAGES' }]]);
  const expiring = tables.filter((table) => table.Properties['TimeToLiveSpecification'] !== undefined);
  expect(expiring.map(({ Properties }) => Properties['TableName'])).toEqual([
    'zonebridge-prod-ledger',
    'zonebridge-prod-control',
    'zonebridge-prod-history',
  ]);
  const mapping = Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).find(
    ({ Properties }) => Properties['StartingPosition'] !== undefined,
  );
  expect(readable(mapping?.Properties)).toEqual({
    EventSourceArn: '@Stateledger',
    FunctionName: '@AuditArchiveChangesFunction',
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 1000,
    MaximumBatchingWindowInSeconds: 10,
    BisectBatchOnFunctionError: true,
    MaximumRecordAgeInSeconds: 82_800,
    DestinationConfig: { OnFailure: { Destination: '@AuditLost' } },
    Tags: expect.anything(),
  });
});

test.each([
  [{}, { Mode: 'GOVERNANCE', Days: 365 }],
  [{ audit: { lock: 'compliance', retainDays: 730 } }, { Mode: 'COMPLIANCE', Days: 730 }],
])('the archive is kept, versioned, locked and closed: %o', (more, retention) => {
  const bucket = only(hub(more), 'AWS::S3::Bucket');
  expect(bucket.DeletionPolicy).toBe('Retain');
  expect(bucket.Properties).toMatchObject({
    BucketName: 'zonebridge-prod-111122223333-eu-central-1',
    VersioningConfiguration: { Status: 'Enabled' },
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: retention } },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });
});

test('without a lock it is versioned and kept all the same', () => {
  const bucket = only(hub({ audit: { lock: 'none' } }), 'AWS::S3::Bucket');
  expect(bucket.Properties).not.toHaveProperty('ObjectLockEnabled');
  expect(bucket.Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
});

test('TLS alone, and nobody deletes or shortens', () => {
  const policy = only(hub(), 'AWS::S3::BucketPolicy').Properties['PolicyDocument'] as {
    Statement: { Effect: string; Action: string | string[]; Principal: unknown }[];
  };
  expect(policy.Statement.map(({ Effect, Action, Principal }) => [Effect, Action, Principal])).toEqual([
    ['Deny', 's3:*', { AWS: '*' }],
    [
      'Deny',
      ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectRetention', 's3:BypassGovernanceRetention'],
      { AWS: '*' },
    ],
  ]);
});

test('no role of ours may delete from the archive or change what it holds', () => {
  const roles = [...synthesise(smallConfiguration()).values()].flatMap((template) =>
    Object.values(ofType(template, 'AWS::IAM::Role')),
  );
  expect(roles.length).toBeGreaterThan(5);
  const s3 = [...JSON.stringify(roles).matchAll(/"(s3:[A-Za-z*]+)"/g)].map(([, action]) => action);
  expect(new Set(s3)).toEqual(new Set(['s3:GetObject', 's3:PutObject', 's3:ListBucket']));
});

test('a customer key encrypts the archive', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';
  const bucket = only(hub({ kmsKeyArn }), 'AWS::S3::Bucket');
  expect(JSON.stringify(bucket.Properties['BucketEncryption'])).toContain(kmsKeyArn);
});
