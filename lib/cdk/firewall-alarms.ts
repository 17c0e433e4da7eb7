import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { certificateWarningDays } from '../core/model/certificate.ts';
import type { HubConfiguration } from '../app/configuration/model.ts';
import { metrics } from '../app/metrics.ts';
import type { Monitoring, Watch } from './monitoring.ts';
import { ownMetric } from './own-metric.ts';

/** What can go wrong with one firewall. Figures that come once a run or comparison
 * keep their alarm's state until the next one, and one of them is enough. */
export function watchFirewall(
  scope: Construct,
  monitoring: Monitoring,
  { firewall, alarmAfter = {} }: { firewall: string; alarmAfter?: HubConfiguration['alarmAfter'] },
): void {
  for (const watch of [...reaching(firewall), ...contents(firewall), ...orders(firewall, alarmAfter)])
    monitoring.watch(scope, { ...watch, subject: firewall });
}

/** One for all of them: a network of many firewalls fills its stack with the others. */
export function watchComparisons(scope: Construct, monitoring: Monitoring, network: string): void {
  monitoring.watch(scope, {
    subject: network,
    severity: 'medium',
    article: 'not-compared',
    summary: `A firewall of network ${network} could not be compared as a whole four times in a row.`,
    // As long as two rounds: each firewall tells in each of them.
    metric: ownMetric(metrics.comparisonFailures, network, 'Maximum', 30),
    comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 4,
    missing: TreatMissingData.NOT_BREACHING,
  });
}

const above = ComparisonOperator.GREATER_THAN_THRESHOLD;

/** About reaching it and being let in. */
function reaching(firewall: string): Omit<Watch, 'subject'>[] {
  return [
    {
      severity: 'high',
      article: 'firewall-behind',
      summary: `Changes have waited for firewall ${firewall} for more than five minutes, or nothing measures it any more.`,
      metric: ownMetric(metrics.behind, firewall),
      comparison: above,
      threshold: 300,
      datapoints: 3,
      periods: 5,
      missing: TreatMissingData.BREACHING,
    },
    {
      severity: 'high',
      article: 'firewall-failing',
      summary: `Five runs in a row could not reach or change firewall ${firewall}.`,
      metric: ownMetric(metrics.failures, firewall),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 5,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'high',
      article: 'circuit-open',
      summary: `Firewall ${firewall} refused us as a whole and is left alone until somebody mends it.`,
      metric: ownMetric(metrics.circuit, firewall),
      comparison: above,
      threshold: 0,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'medium',
      article: 'short-of-calls',
      summary: `Our own budget of calls has not sufficed for firewall ${firewall} for ten minutes.`,
      metric: ownMetric(metrics.budget, firewall),
      comparison: above,
      threshold: 600,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'high',
      article: 'rotation-failed',
      summary: `The key of firewall ${firewall} was not renewed, or only another than the current key is accepted.`,
      metric: ownMetric(metrics.rotationTrouble, firewall, 'Maximum', 5),
      comparison: above,
      threshold: 0,
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      severity: 'medium',
      article: 'certificate-ends',
      summary: `The certificate of firewall ${firewall} ends in less than ${certificateWarningDays} days.`,
      metric: ownMetric(metrics.certificate, firewall, 'Minimum'),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: certificateWarningDays,
      missing: TreatMissingData.IGNORE,
    },
  ];
}

/** About what is on the firewall. */
function contents(firewall: string): Omit<Watch, 'subject'>[] {
  return [
    {
      severity: 'high',
      article: 'stale-allow',
      summary: `Firewall ${firewall} still lets in addresses that no workload has any more.`,
      metric: ownMetric(metrics.staleAllow, firewall),
      comparison: above,
      threshold: 0,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'medium',
      article: 'changes-held',
      summary: `Changes for firewall ${firewall} wait for a person to approve them.`,
      metric: ownMetric(metrics.held, firewall),
      comparison: above,
      threshold: 0,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'medium',
      article: 'half-published',
      summary: `A group that should be the same everywhere has lacked something on firewall ${firewall} for a quarter of an hour.`,
      metric: ownMetric(metrics.halfPublished, firewall),
      comparison: above,
      threshold: 900,
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      severity: 'low',
      article: 'canary-waiting',
      summary: `A generation has been tried on firewall ${firewall} for four hours and nobody has promoted or aborted it.`,
      metric: ownMetric(metrics.canaryWaiting, firewall),
      comparison: above,
      threshold: 14_400,
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      severity: 'medium',
      article: 'drift',
      summary: `Somebody else changed objects of ours on firewall ${firewall}.`,
      metric: ownMetric(metrics.drift, firewall),
      comparison: above,
      threshold: 0,
      missing: TreatMissingData.IGNORE,
    },
  ];
}

/** About what persons ordered, and may have forgotten. */
function orders(
  firewall: string,
  { pausedMinutes = 60, frozenHours = 96 }: NonNullable<HubConfiguration['alarmAfter']>,
): Omit<Watch, 'subject'>[] {
  return [
    {
      severity: 'medium',
      article: 'paused-long',
      summary: `Writes to firewall ${firewall} have been paused for more than ${pausedMinutes} minutes.`,
      metric: ownMetric(metrics.paused, firewall),
      comparison: above,
      threshold: pausedMinutes * 60,
      missing: TreatMissingData.IGNORE,
    },
    {
      severity: 'medium',
      article: 'frozen-long',
      summary: `A change freeze has held changes for firewall ${firewall} for more than ${frozenHours} hours.`,
      metric: ownMetric(metrics.frozen, firewall),
      comparison: above,
      threshold: frozenHours * 3_600,
      missing: TreatMissingData.IGNORE,
    },
  ];
}
