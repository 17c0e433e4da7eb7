import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { expect, test } from 'vitest';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { modules } from '../../lib/app/compose-modules.ts';
import { buildStacks } from '../../lib/cdk/build-stacks.ts';
import { cluster, largeConfiguration, smallConfiguration } from './fixtures/configuration.ts';
import { assemble, isStack, makeApp } from './support.ts';

interface Report {
  pluginReports: { pluginName: string; conclusion: string; violations: { ruleName: string }[] }[];
}

function report(configuration: Configuration): Report {
  const assembly = assemble(configuration);
  return JSON.parse(readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8')) as Report;
}

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';

test.each([
  ['small', smallConfiguration()],
  ['large', largeConfiguration()],
  [
    'with a cluster that is written in',
    { ...smallConfiguration(), clusters: { shop: cluster('shop-eks', { writes: ['group-status'] }) } },
  ],
  ['with a customer key', smallConfiguration({ kmsKeyArn: keyArn, rolePath: '/security/' })],
])('AwsSolutions finds nothing: %s', (_, configuration) => {
  const { pluginReports } = report(configuration);
  // Only rule sets that found something report.
  expect(pluginReports).toEqual([]);
});

test('the rules are at work: a queue without protection stops the synthesis', () => {
  const app = makeApp();
  buildStacks(app, {
    configuration: smallConfiguration(),
    modules,
    handlerEntry: () => import.meta.filename,
  });
  const stack = app.node.children.find(isStack);
  if (!stack) throw new Error('no stack');
  const open = new Queue(stack, 'Open');
  expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
  expect(open.queueArn).toBeDefined();
});

test('findings are accepted on single constructs, one by one, each with its reason', () => {
  const app = makeApp();
  buildStacks(app, {
    configuration: smallConfiguration(),
    modules,
    handlerEntry: () => import.meta.filename,
  });
  const accepted = app.node.findAll().flatMap((construct) => acknowledgements(construct));
  expect(accepted.length).toBeGreaterThan(10);
  for (const { construct, id, reason } of accepted) {
    expect(isStack(construct) || construct === app, id).toBe(false);
    expect(id).toMatch(/^Annotation::(AwsSolutions-[A-Z0-9]+(\[Resource::.+\])?|@aws-cdk\/.+)$/);
    expect(reason.length, id).toBeGreaterThan(40);
  }
});

function acknowledgements(construct: IConstruct): { construct: IConstruct; id: string; reason: string }[] {
  return construct.node.metadata
    .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap((entry) =>
      Object.entries(entry.data as Record<string, unknown>).map(([id, reason]) => ({
        construct,
        id,
        reason: String(reason),
      })),
    );
}
