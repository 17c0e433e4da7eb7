import { expect, test } from 'vitest';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { InvalidConfiguration } from '../../lib/app/configuration/invalid-configuration.ts';
import {
  clustersPerCell,
  firewallsPerNetwork,
  stackProblems,
} from '../../lib/app/configuration/stack-limits.ts';
import {
  cluster,
  firewall,
  largeConfiguration,
  network,
  smallConfiguration,
} from './fixtures/configuration.ts';
import { assemble, ofType, readable, type StackTemplate, synthesise } from './support.ts';

interface Widget {
  type: string;
  properties: { metrics?: unknown[]; alarms?: unknown[] };
}

/** The text of a value with its references, as CloudFormation would at most make it: a reference stands for 150 characters. */
function longestText(value: unknown): string {
  return JSON.stringify(readable(value)).replaceAll(/"@[^"]*"/g, `"${'x'.repeat(150)}"`);
}

function dashboardWidgets(template: StackTemplate): Widget[] {
  return Object.values(ofType(template, 'AWS::CloudWatch::Dashboard')).flatMap((dashboard) => {
    const body = dashboard.Properties['DashboardBody'] as string | { 'Fn::Join': [string, unknown[]] };
    const text =
      typeof body === 'string'
        ? body
        : body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'reference')).join('');
    return (JSON.parse(text) as { widgets: Widget[] }).widgets;
  });
}

function expectWithinLimits(templates: ReadonlyMap<string, StackTemplate>): void {
  for (const [name, template] of templates) {
    expect(Object.keys(template.Resources).length, `resources of ${name}`).toBeLessThanOrEqual(500);
    expect(Object.keys(template.Outputs ?? {}).length, `outputs of ${name}`).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(JSON.stringify(template, null, 1)), `size of ${name}`).toBeLessThan(1_000_000);
    for (const [id, role] of Object.entries(ofType(template, 'AWS::IAM::Role'))) {
      expect(longestText(role.Properties['Policies']).length, `policy of ${id}`).toBeLessThan(10_240);
    }
    for (const [id, each] of Object.entries(ofType(template, 'AWS::Lambda::Function'))) {
      expect(longestText(each.Properties['Environment']).length, `environment of ${id}`).toBeLessThan(4096);
    }
  }
}

test('100 clusters in three cells and 20 firewalls in four networks fit', () => {
  const templates = synthesise(largeConfiguration());
  expect([...templates.keys()].sort()).toEqual([
    ...[0, 1, 2].map((cell) => `Zonebridge-prod-Clusters-${cell}`),
    'Zonebridge-prod-Hub',
    ...[1, 2, 3, 4].map((number) => `Zonebridge-prod-Network-net-${number}`),
  ]);
  expectWithinLimits(templates);

  const hub = templates.get('Zonebridge-prod-Hub') as StackTemplate;
  const statements = Object.values(ofType(hub, 'AWS::Events::EventBusPolicy'));
  expect(longestText(statements.map((each) => each.Properties['Statement'])).length).toBeLessThan(10_240);

  const widgets = dashboardWidgets(hub);
  const metricCounts = widgets.map((widget) => widget.properties.metrics?.length ?? 0);
  expect(widgets.length).toBeLessThanOrEqual(500);
  expect(Math.max(...metricCounts)).toBeLessThanOrEqual(500);
  expect(metricCounts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2500);
  const shownAlarms = widgets.map((widget) => widget.properties.alarms?.length ?? 0);
  expect(shownAlarms.reduce((sum, count) => sum + count, 0)).toBe(120);
  expect(Math.max(...shownAlarms)).toBeLessThanOrEqual(100);
});

test('a full cell and a full network fit', () => {
  const configuration: Configuration = {
    ...smallConfiguration(),
    networks: { full: network(1) },
    clusters: Object.fromEntries(
      Array.from({ length: clustersPerCell }, (_, index) => [`c${index}`, cluster(`eks-${index}`)]),
    ),
    firewalls: Object.fromEntries(
      Array.from({ length: firewallsPerNetwork }, (_, index) => [`firewall-${index}`, firewall('full')]),
    ),
  };
  expectWithinLimits(synthesise(configuration));
});

test('one cluster too many for a cell is refused before anything is built', () => {
  const clusters = Object.fromEntries(
    Array.from({ length: clustersPerCell + 1 }, (_, index) => [`c${index}`, cluster(`eks-${index}`)]),
  );
  const configuration = { ...smallConfiguration(), clusters };
  expect(() => assemble(configuration)).toThrow(InvalidConfiguration);
  expect(stackProblems(configuration)).toEqual([
    {
      path: 'clusters',
      message: expect.stringMatching(/^cell "1" holds 41 clusters, a cell takes at most 40/),
    },
  ]);
});

test('everything AWS could not hold is named at once, with its place', () => {
  const configuration: Configuration = {
    ...smallConfiguration(),
    networks: { one: network(1), two: network(1), bare: network(2, { routeTables: undefined }) },
    clusters: { ['c'.repeat(60)]: cluster('eks') },
    firewalls: Object.fromEntries(
      Array.from({ length: firewallsPerNetwork + 1 }, (_, index) => [`fw-${index}`, firewall('one')]),
    ),
  };
  expect(stackProblems(configuration).map((problem) => `${problem.path}: ${problem.message}`)).toEqual([
    expect.stringMatching(/^networks\.one: 31 firewalls lie in this network, it takes at most 30/),
    expect.stringMatching(/^networks\.bare\.routeTables: endpoints: create needs the route tables/),
    expect.stringMatching(/^networks: several networks create endpoints in vpc-0000000000000001/),
    expect.stringMatching(
      /^clusters\.c{60}: the name zonebridge-prod-agent-c{60} would have 82 characters, AWS takes 80/,
    ),
    expect.stringMatching(
      /^clusters\.c{60}: the name zonebridge-prod-agent-c{60} would have 82 characters, AWS takes 64/,
    ),
  ]);
  expect(stackProblems(largeConfiguration())).toEqual([]);
});
