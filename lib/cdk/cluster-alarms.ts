import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metrics } from '../app/metrics.ts';
import type { Monitoring } from './monitoring.ts';
import { ownMetric } from './own-metric.ts';

/** What can go wrong with one cluster. */
export function watchCluster(scope: Construct, monitoring: Monitoring, cluster: string): void {
  watchHosts(scope, monitoring, cluster);
  monitoring.watch(scope, {
    severity: 'medium',
    article: 'quarantine-reused',
    subject: cluster,
    summary: `An endpoint of cluster ${cluster} got an address that is in quarantine because of another one.`,
    metric: ownMetric(metrics.quarantineReused, cluster),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    missing: TreatMissingData.IGNORE,
  });
}

/** What can go wrong with a section of hosts. Who has an address is known of pods alone: nobody tells that a quarantined one has another host. */
export function watchHosts(scope: Construct, monitoring: Monitoring, cluster: string): void {
  monitoring.watch(scope, {
    severity: 'high',
    article: 'agent-silent',
    subject: cluster,
    summary: `The agent of cluster ${cluster} has not been heard for five minutes, or hears nothing from its Kubernetes API.`,
    metric: ownMetric(metrics.agentSilent, cluster),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 300,
    periods: 3,
    missing: TreatMissingData.BREACHING,
  });
  monitoring.watch(scope, {
    severity: 'high',
    article: 'cluster-silent',
    subject: cluster,
    summary: `Nothing was heard of cluster ${cluster} for a day: decide what becomes of its addresses on the firewalls.`,
    metric: ownMetric(metrics.agentSilent, cluster),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 86_400,
    missing: TreatMissingData.IGNORE,
  });
  monitoring.watch(scope, {
    severity: 'low',
    article: 'records-refused',
    subject: cluster,
    summary: `Records of cluster ${cluster} were set aside.`,
    metric: ownMetric(metrics.refused, cluster, 'Sum', 5),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    missing: TreatMissingData.NOT_BREACHING,
  });
}
