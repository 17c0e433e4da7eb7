import { expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { ofType, readable, synthesise, templateOf } from './support.ts';

const templates = synthesise(smallConfiguration());
const dmz = templateOf(templates, 'Zonebridge-prod-Network-dmz');
const office = templateOf(templates, 'Zonebridge-prod-Network-office');

function properties(type: string): unknown[] {
  return Object.values(ofType(dmz, type)).map((resource) => readable(resource.Properties));
}

test('a firewall with rotateKeyDays has a schedule that does not begin with the deployment', () => {
  expect(properties('AWS::SecretsManager::RotationSchedule')).toEqual([
    {
      SecretId: '@Secretsedge',
      RotationLambdaARN: '@RotationRotateCredentialFunction',
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    },
  ]);
});

test('Secrets Manager may call the function for this very secret', () => {
  expect(properties('AWS::Lambda::Permission')).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: '@RotationRotateCredentialFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '111122223333',
      SourceArn: '@Secretsedge',
    },
  ]);
});

test('the credential that makes keys is a secret of its own, without a value', () => {
  const secrets = Object.values(ofType(dmz, 'AWS::SecretsManager::Secret')).map(
    ({ Properties }) => Properties,
  );
  expect(secrets.map(({ Name }) => Name)).toEqual(['zonebridge/prod/edge', 'zonebridge/prod/edge/key-maker']);
  for (const secret of secrets) {
    expect(secret).not.toHaveProperty('SecretString');
    expect(secret).not.toHaveProperty('GenerateSecretString');
  }
});

test('a network without it has no rotation function', () => {
  expect(Object.keys(ofType(office, 'AWS::SecretsManager::RotationSchedule'))).toEqual([]);
  expect(JSON.stringify(office)).not.toContain('rotate-credential');
});
