import { expect, test } from 'vitest';
import { sandboxOmissions } from '../../lib/cdk/sandbox-omissions.ts';
import { smallConfiguration } from './fixtures/configuration.ts';
import { synthesise } from './support.ts';

/** What the emulator refuses in a template, as measured; a stack that begins to use one of them fails here. */
const refusedByEmulator = [
  'AWS::CloudWatch::AnomalyDetector',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::EC2::EIP',
  'AWS::EC2::EIPAssociation',
  'AWS::EC2::FlowLog',
  'AWS::EC2::NatGateway',
  'AWS::EC2::NetworkInterface',
  'AWS::EC2::PrefixList',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::SubnetCidrReservation',
  'AWS::EKS::AccessEntry',
  'AWS::EKS::Addon',
  'AWS::EKS::PodIdentityAssociation',
  'AWS::Events::ApiDestination',
  'AWS::Events::Archive',
  'AWS::Events::Connection',
  'AWS::Events::EventBusPolicy',
  'AWS::IAM::Group',
  'AWS::IAM::OIDCProvider',
  'AWS::IAM::ServiceLinkedRole',
  'AWS::Lambda::CodeSigningConfig',
  'AWS::Logs::QueryDefinition',
  'AWS::SQS::QueueInlinePolicy',
  'AWS::SecretsManager::ResourcePolicy',
  'AWS::SecretsManager::RotationSchedule',
];

test('the sandbox flag leaves out the listed types, and nothing else differs', () => {
  const real = synthesise(smallConfiguration());
  for (const flag of [true, 'true']) {
    const sandbox = synthesise(smallConfiguration(), { sandbox: flag });
    expect([...sandbox.keys()]).toEqual([...real.keys()]);
    const left = [...sandbox.values()].flatMap((template) => Object.values(template.Resources));
    expect(left.filter((resource) => refusedByEmulator.includes(resource.Type))).toEqual([]);
    for (const [name, template] of real) {
      const kept = Object.entries(template.Resources).filter(([, { Type }]) => !(Type in sandboxOmissions));
      expect(sandbox.get(name)).toEqual({ ...template, Resources: Object.fromEntries(kept) });
    }
  }
});

test('every omission has a reason and is in use', () => {
  const used = new Set(
    [...synthesise(smallConfiguration()).values()].flatMap((template) =>
      Object.values(template.Resources).map((resource) => resource.Type),
    ),
  );
  for (const [type, reason] of Object.entries(sandboxOmissions)) {
    expect(used, type).toContain(type);
    expect(reason.length, type).toBeGreaterThan(40);
  }
});

test('any other value of the flag changes nothing', () => {
  const types = [...synthesise(smallConfiguration(), { sandbox: 'false' }).values()].flatMap((template) =>
    Object.values(template.Resources).map((resource) => resource.Type),
  );
  for (const type of Object.keys(sandboxOmissions)) expect(types).toContain(type);
});
