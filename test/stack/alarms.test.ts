import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { metrics } from '../../lib/app/metrics.ts';
import { articles } from '../../lib/cdk/monitoring.ts';
import { withLists } from './fixtures/lists.ts';
import { ofType, type StackTemplate, synthesise, templateOf } from './support.ts';

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: unknown[];
  OKActions?: unknown[];
  MetricName?: string;
  Namespace?: string;
  Dimensions?: { Name: string; Value: unknown }[];
  TreatMissingData: string;
  Metrics?: unknown;
}

let templates: Map<string, StackTemplate>;
let alarms: AlarmProperties[];
const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

beforeAll(() => {
  templates = synthesise(withLists());
  alarms = [...templates.values()].flatMap((template) =>
    Object.values(ofType(template, 'AWS::CloudWatch::Alarm')).map(
      (resource) => resource.Properties as unknown as AlarmProperties,
    ),
  );
});

/** Anchor that a heading of the runbook gets. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .trim()
    .replaceAll(' ', '-');
}

test('every alarm leads to an article of the runbook, and every article has an alarm', () => {
  const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => anchor(heading));
  expect(new Set(anchors)).toEqual(new Set(articles));
  expect(anchors).toHaveLength(articles.length);
  const linked = alarms.map((alarm) => /docs\/runbook\.md#([a-z-]+)$/.exec(alarm.AlarmDescription)?.[1]);
  expect(alarms.length).toBeGreaterThan(20);
  expect(new Set(linked)).toEqual(new Set(articles));
});

test('each article says what it means, how to look and how to mend', () => {
  const [, ...texts] = runbook.split(/^## /m);
  expect(texts).toHaveLength(articles.length);
  for (const text of texts) {
    for (const part of ['**What it means.**', '**How to look.**', '**How to mend.**'])
      expect(text).toContain(part);
  }
});

test('high and medium alarms call the topic, also when they end; low ones call nobody', () => {
  const topic = 'arn:aws:sns:eu-central-1:111122223333:zonebridge-prod-alarms';
  for (const alarm of alarms) {
    const severity = /^\[(high|medium|low)\]/.exec(alarm.AlarmDescription)?.[1];
    expect(severity, alarm.AlarmName).toBeDefined();
    const actions = severity === 'low' ? undefined : [topic];
    expect([alarm.AlarmActions, alarm.OKActions], alarm.AlarmName).toEqual([actions, actions]);
  }
});

test('one firewall and one cluster have these alarms on our own metrics', () => {
  const own = alarms
    .filter((alarm) => alarm.Namespace === 'Zonebridge')
    .map((alarm) => [
      alarm.AlarmName,
      alarm.MetricName,
      alarm.Dimensions?.map((each) => `${each.Name}=${String(each.Value)}`).join(),
      alarm.TreatMissingData,
    ])
    .filter(([, , dimension]) => /^(firewall=edge|cluster=pay|network=dmz)$/.test(dimension ?? ''));
  expect(own).toEqual([
    ['zonebridge-prod-agent-silent-pay', metrics.agentSilent.name, 'cluster=pay', 'breaching'],
    ['zonebridge-prod-cluster-silent-pay', metrics.agentSilent.name, 'cluster=pay', 'ignore'],
    ['zonebridge-prod-records-refused-pay', metrics.refused.name, 'cluster=pay', 'notBreaching'],
    ['zonebridge-prod-quarantine-reused-pay', metrics.quarantineReused.name, 'cluster=pay', 'ignore'],
    ['zonebridge-prod-not-compared-dmz', metrics.comparisonFailures.name, 'network=dmz', 'notBreaching'],
    ['zonebridge-prod-firewall-behind-edge', metrics.behind.name, 'firewall=edge', 'breaching'],
    ['zonebridge-prod-firewall-failing-edge', metrics.failures.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-circuit-open-edge', metrics.circuit.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-short-of-calls-edge', metrics.budget.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-rotation-failed-edge', metrics.rotationTrouble.name, 'firewall=edge', 'notBreaching'],
    ['zonebridge-prod-certificate-ends-edge', metrics.certificate.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-stale-allow-edge', metrics.staleAllow.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-changes-held-edge', metrics.held.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-half-published-edge', metrics.halfPublished.name, 'firewall=edge', 'notBreaching'],
    ['zonebridge-prod-canary-waiting-edge', metrics.canaryWaiting.name, 'firewall=edge', 'notBreaching'],
    ['zonebridge-prod-drift-edge', metrics.drift.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-paused-long-edge', metrics.paused.name, 'firewall=edge', 'ignore'],
    ['zonebridge-prod-frozen-long-edge', metrics.frozen.name, 'firewall=edge', 'ignore'],
  ]);
});

test('every queue without a reader has an alarm, every function too', () => {
  for (const [name, template] of templates) {
    const watched = JSON.stringify(ofType(template, 'AWS::CloudWatch::Alarm'));
    const deadLetters = Object.entries(ofType(template, 'AWS::SQS::Queue')).filter(
      ([, queue]) => queue.Properties['RedrivePolicy'] === undefined,
    );
    for (const [id] of [...deadLetters, ...Object.entries(ofType(template, 'AWS::Lambda::Function'))]) {
      expect(watched, `${id} of ${name}`).toContain(id);
    }
  }
});

test('CloudWatch may publish to the topic, its readers are subscribed, nobody publishes without TLS', () => {
  const hub = templateOf(templates, 'Zonebridge-prod-Hub');
  expect(
    Object.values(ofType(hub, 'AWS::SNS::Subscription')).map((each) => each.Properties['Endpoint']),
  ).toEqual(['netsec@example.com']);
  const [policy] = Object.values(ofType(hub, 'AWS::SNS::TopicPolicy'));
  expect(policy?.Properties['PolicyDocument']).toMatchObject({
    Statement: [
      { Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      },
    ],
  });
});

test('no alarm needs metric math, which the emulator refuses', () => {
  for (const alarm of alarms) expect(alarm.Metrics, alarm.AlarmName).toBeUndefined();
});
