import {
  Alarm,
  type ComparisonOperator,
  type IMetric,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { names } from '../app/names.ts';

/** `high`: somebody must act now; `medium`: today; `low`: look at it, nobody is called. */
type Severity = 'high' | 'medium' | 'low';

/** Articles of docs/runbook.md, by anchor; every alarm belongs to one, every one has an alarm. */
export const articles = [
  'firewall-behind',
  'firewall-failing',
  'circuit-open',
  'short-of-calls',
  'certificate-ends',
  'changes-held',
  'frozen-long',
  'paused-long',
  'quarantine-reused',
  'drift',
  'not-compared',
  'rotation-failed',
  'half-published',
  'canary-waiting',
  'stale-allow',
  'list-not-fetched',
  'agent-silent',
  'cluster-silent',
  'records-refused',
  'ingest-behind',
  'dead-letters',
  'function-errors',
  'audit-behind',
] as const;
export type Article = (typeof articles)[number];

/** A condition worth knowing about. Constructs describe it; who is told, and how, is decided here alone. */
export interface Watch {
  severity: Severity;
  article: Article;
  /** The firewall, cluster, queue or function it is about; part of the alarm's name. */
  subject: string;
  /** One sentence: what has happened when it fires. */
  summary: string;
  metric: IMetric;
  comparison: ComparisonOperator;
  threshold: number;
  /** Fires when this many of the last `periods` points breach; both 1 unless given. */
  datapoints?: number;
  periods?: number;
  missing: TreatMissingData;
}

export interface Monitoring {
  watch(scope: Construct, watch: Watch): void;
}

/** Tells the hub's alarm topic about high and medium alarms, also when they end; low ones only show on the dashboard. */
export function topicMonitoring(hub: string): Monitoring {
  return {
    watch(scope, watch) {
      const alarm = new Alarm(scope, alarmId(watch), {
        alarmName: names.alarm(hub, watch.article, watch.subject),
        alarmDescription: `[${watch.severity}] ${watch.summary} What to do: docs/runbook.md#${watch.article}`,
        metric: watch.metric,
        comparisonOperator: watch.comparison,
        threshold: watch.threshold,
        evaluationPeriods: watch.periods ?? 1,
        datapointsToAlarm: watch.datapoints ?? watch.periods ?? 1,
        treatMissingData: watch.missing,
      });
      if (watch.severity === 'low') return;
      const action = new SnsAction(alarmTopic(Stack.of(scope), hub));
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    },
  };
}

function alarmId(watch: Watch): string {
  return `Alarm-${watch.article}-${watch.subject}`;
}

/** The topic by its agreed name, so that stacks do not depend on each other's exports. */
function alarmTopic(stack: Stack, hub: string) {
  const id = 'AlarmTopicByName';
  const known = stack.node.tryFindChild(id) as Topic | undefined;
  const topicArn = stack.formatArn({ service: 'sns', resource: names.alarmTopic(hub) });
  return known ?? Topic.fromTopicArn(stack, id, topicArn);
}
