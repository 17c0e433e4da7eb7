import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cluster, smallConfiguration } from './fixtures/configuration.ts';
import { assemble, ofType, readable, synthesise, templateOf } from './support.ts';

const hub = 'Zonebridge-prod-Hub';
const admitting = () => {
  const configuration = smallConfiguration({
    onboarding: { image: 'registry.example/agent:1', admit: ['shop'] },
  });
  return {
    ...configuration,
    clusters: { ...configuration.clusters, other: cluster('other-eks', { cell: '3' }) },
  };
};

interface Statement {
  Sid: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

function statements(): Map<string, Statement> {
  const roles = Object.values(ofType(templateOf(synthesise(admitting()), hub), 'AWS::IAM::Role'));
  const role = roles.find(({ Properties }) => Properties['RoleName'] === 'zonebridge-prod-onboarding');
  const [policy] = role!.Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
  return new Map(policy!.PolicyDocument.Statement.map((one) => [one.Sid, one]));
}

test('without admitted clusters there is no function that could reach one', () => {
  expect(JSON.stringify([...synthesise(smallConfiguration()).values()])).not.toMatch(/"eks:|OnboardClusters/);
});

test('it changes admitted clusters alone, and lets in nobody but itself', () => {
  const rights = statements();
  const changing = [...rights.values()].filter(({ Action }) =>
    /eks:(Create|Associate|Delete|Tag)/.test(String(Action)),
  );
  expect(changing.length).toBe(5);
  for (const { Resource } of changing)
    for (const arn of [readable(Resource)].flat().map(String)) expect(arn).toMatch(/[/]shop-eks(\/|$)/);
  const ownRole = 'arn:aws:iam::111122223333:role/zonebridge-prod-onboarding';
  expect(readable(rights.get('LetsItselfIn')?.Condition)).toEqual({
    ArnEquals: { 'eks:principalArn': ownRole },
  });
  expect(readable(rights.get('AsAdministrator')?.Resource)).toBe(
    'arn:aws:eks:eu-central-1:111122223333:access-entry/shop-eks/role/111122223333/zonebridge-prod-onboarding/*',
  );
  expect(readable(rights.get('GivesAgentsTheirRole'))).toMatchObject({
    Action: 'iam:PassRole',
    Resource: 'arn:aws:iam::111122223333:role/zonebridge-prod-agent-shop',
    Condition: { StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' } },
  });
  const looking = [...rights.values()].filter(({ Action }) => /eks:(List|Describe)/.test(String(Action)));
  expect(looking.length).toBe(3);
  const entries = [readable(rights.get('ReadsPartsOfAdmitted')?.Resource)].flat().map(String);
  expect(entries.filter((arn) => arn.includes(':access-entry/'))).toEqual([
    'arn:aws:eks:eu-central-1:111122223333:access-entry/shop-eks/role/111122223333/zonebridge-prod-onboarding/*',
  ]);
});

test('the security rules find nothing, and the bus takes what it says', () => {
  const assembly = assemble(admitting());
  expect(existsSync(assembly.directory)).toBe(true);
  const template = templateOf(synthesise(admitting()), hub);
  const policies = JSON.stringify(readable(ofType(template, 'AWS::Events::EventBusPolicy')));
  expect(policies).toMatch(/OnboardClusters\w*Role/);
  const schedules = Object.values(ofType(template, 'AWS::Scheduler::Schedule'));
  expect(schedules.map(({ Properties }) => Properties['ScheduleExpression'])).toContain('rate(5 minutes)');
});

test('the manifests lie beside the code', () => {
  const entry = fileURLToPath(new URL('fixtures/handler.ts', import.meta.url));
  const assembly = assemble(admitting(), { context: { 'aws:cdk:bundling-stacks': [hub] }, entry });
  const assets = readdirSync(assembly.directory).filter((name) => name.startsWith('asset.'));
  const withManifests = assets.filter((name) =>
    existsSync(join(assembly.directory, name, 'manifests', 'base')),
  );
  expect(withManifests.length).toBe(1);
});
