import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../app/configuration/model.ts';
import { type MetricDefinition, metrics } from '../app/metrics.ts';
import { names } from '../app/names.ts';
import type { Article } from './monitoring.ts';
import { ownMetric } from './own-metric.ts';

/** More lines than this in one picture cannot be told apart. */
const linesPerWidget = 25;
/** CloudWatch shows at most this many alarms in one widget. */
const alarmsPerWidget = 100;

export interface HubDashboardRequest {
  configuration: Configuration;
  functions: readonly IFunction[];
  queues: readonly IQueue[];
}

/** One page: what calls somebody first, then firewalls, clusters, and the machinery. */
export class HubDashboard extends Construct {
  constructor(scope: Construct, id: string, { configuration, functions, queues }: HubDashboardRequest) {
    super(scope, id);
    const hub = configuration.hub.name;
    const firewalls = Object.keys(configuration.firewalls);
    const clusters = [...Object.keys(configuration.clusters), ...Object.keys(configuration.hosts ?? {})];
    const dashboard = new Dashboard(this, 'Page', { dashboardName: `zonebridge-${hub}` });
    dashboard.addWidgets(
      text(`# Zonebridge ${hub}\nWhat each alarm means and what to do: \`docs/runbook.md\`.`),
    );
    dashboard.addWidgets(
      ...this.alarmStates('Firewalls behind', hub, 'firewall-behind', firewalls),
      ...this.alarmStates('Clusters silent', hub, 'agent-silent', clusters),
    );
    for (const row of [
      pictures('Behind (s)', metrics.behind, firewalls),
      pictures('Propagation p99 (ms)', metrics.propagation, firewalls, 'p99'),
      pictures('Failures in a row', metrics.failures, firewalls),
      pictures('Circuit open', metrics.circuit, firewalls),
      pictures('Short of calls (s)', metrics.budget, firewalls),
      pictures('Certificate (days)', metrics.certificate, firewalls, 'Minimum'),
      pictures('Changes held', metrics.held, firewalls),
      pictures('Drift', metrics.drift, firewalls),
      pictures('Stale in allow groups', metrics.staleAllow, firewalls),
      pictures('Agent silent (s)', metrics.agentSilent, clusters),
      pictures('Records refused', metrics.refused, clusters, 'Sum'),
      pictures('Endpoints found late', metrics.foundLate, clusters, 'Sum'),
      machinery(functions, queues),
    ]) {
      dashboard.addWidgets(...row);
    }
  }

  private alarmStates(title: string, hub: string, article: Article, subjects: readonly string[]): IWidget[] {
    return chunks(subjects, alarmsPerWidget).map((part, index) => {
      const alarms = part.map((subject) => {
        const alarmName = names.alarm(hub, article, subject);
        const arn = Stack.of(this).formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: alarmName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        });
        return Alarm.fromAlarmArn(this, alarmName, arn);
      });
      return new AlarmStatusWidget({ title: numbered(title, index), alarms, width: 12, height: 4 });
    });
  }
}

function pictures(
  title: string,
  definition: MetricDefinition,
  subjects: readonly string[],
  statistic = 'Maximum',
): IWidget[] {
  return chunks(subjects, linesPerWidget).map((part, index) =>
    graph(
      numbered(title, index),
      part.map((subject) => ownMetric(definition, subject, statistic)),
    ),
  );
}

function machinery(functions: readonly IFunction[], queues: readonly IQueue[]): IWidget[] {
  const period = Duration.minutes(1);
  return [
    graph(
      'Function duration p99 (ms)',
      functions.map((each) => each.metricDuration({ period, statistic: 'p99' })),
    ),
    graph(
      'Function errors and throttles',
      functions.flatMap((each) => [each.metricErrors({ period }), each.metricThrottles({ period })]),
    ),
    graph(
      'Age of the oldest message (s)',
      queues.map((queue) => queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })),
    ),
  ];
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 });
}

function text(markdown: string): IWidget {
  return new TextWidget({ markdown, width: 24, height: 2 });
}

function numbered(title: string, index: number): string {
  return index === 0 ? title : `${title} (${index + 1})`;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const result: Item[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}
