import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricDefinition } from '../app/metrics.ts';
import { names } from '../app/names.ts';

/** One of our own metrics about one firewall or cluster. */
export function ownMetric(
  definition: MetricDefinition,
  subject: string,
  statistic = 'Maximum',
  minutes = 1,
): Metric {
  return new Metric({
    namespace: names.metricsNamespace,
    metricName: definition.name,
    dimensionsMap: { [definition.dimension]: subject },
    statistic,
    period: Duration.minutes(minutes),
  });
}
