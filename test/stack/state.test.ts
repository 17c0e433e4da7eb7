import { expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { ofType, synthesise, templateOf } from './support.ts';

interface TableProperties {
  TableName: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  BillingMode: string;
  DeletionProtectionEnabled: boolean;
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: boolean };
  GlobalSecondaryIndexes?: unknown[];
  SSESpecification?: unknown;
}

function tables(more = {}) {
  const hub = templateOf(synthesise(smallConfiguration(more)), 'Zonebridge-prod-Hub');
  return Object.values(ofType(hub, 'AWS::DynamoDB::Table'));
}

test('six tables on demand, kept when the stack goes, history backed up', () => {
  const found = tables().map((table) => {
    const properties = table.Properties as unknown as TableProperties;
    return [
      properties.TableName,
      properties.KeySchema.map((key) => key.AttributeName).join('/'),
      properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled ? 'backed up' : 'derived',
      `${table.DeletionPolicy} ${properties.BillingMode} ${properties.DeletionProtectionEnabled}`,
    ];
  });
  const kept = 'Retain PAY_PER_REQUEST true';
  expect(found).toEqual([
    ['zonebridge-prod-endpoints', 'pk/sk', 'derived', kept],
    ['zonebridge-prod-memberships', 'pk/sk', 'derived', kept],
    ['zonebridge-prod-dirty', 'pk/sk', 'derived', kept],
    ['zonebridge-prod-ledger', 'pk/sk', 'backed up', kept],
    ['zonebridge-prod-control', 'pk', 'backed up', kept],
    ['zonebridge-prod-history', 'pk/sk', 'backed up', kept],
  ]);
});

test('only memberships have an index, with keys alone', () => {
  const indexes = tables().flatMap(
    (table) => (table.Properties as unknown as TableProperties).GlobalSecondaryIndexes ?? [],
  );
  expect(indexes).toEqual([
    {
      IndexName: 'by-group',
      KeySchema: [
        { AttributeName: 'bucket', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ]);
});

test('a customer key encrypts tables, queues, secrets, logs and the topic', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';
  const templates = synthesise(smallConfiguration({ kmsKeyArn }));
  const types = {
    'AWS::DynamoDB::Table': 'SSESpecification',
    'AWS::SQS::Queue': 'KmsMasterKeyId',
    'AWS::SecretsManager::Secret': 'KmsKeyId',
    'AWS::Logs::LogGroup': 'KmsKeyId',
    'AWS::SNS::Topic': 'KmsMasterKeyId',
  };
  for (const [type, property] of Object.entries(types)) {
    const resources = [...templates.values()].flatMap((template) => Object.values(ofType(template, type)));
    expect(resources.length, type).toBeGreaterThan(0);
    for (const resource of resources)
      expect(JSON.stringify(resource.Properties[property])).toContain(kmsKeyArn);
  }
});

test('secrets are made without a value', () => {
  const network = templateOf(synthesise(smallConfiguration()), 'Zonebridge-prod-Network-dmz');
  const secrets = Object.values(ofType(network, 'AWS::SecretsManager::Secret'));
  expect(secrets.map((secret) => secret.Properties['Name'])).toEqual([
    'zonebridge/prod/edge',
    'zonebridge/prod/edge/key-maker',
  ]);
  for (const { Properties } of secrets) {
    expect(Properties).not.toHaveProperty('SecretString');
    expect(Properties).not.toHaveProperty('GenerateSecretString');
  }
});
