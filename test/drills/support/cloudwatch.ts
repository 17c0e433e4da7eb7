/** What CloudWatch does with figures: keeps them, aggregates them by period, and judges alarms. */

export type Dimensions = Readonly<Record<string, string>>;

interface Sample {
  at: number;
  value: number;
}

/** The terms of a synthesised alarm on one metric, references resolved. */
export interface AlarmTerms {
  name: string;
  description: string;
  namespace: string;
  metric: string;
  dimensions: Dimensions;
  statistic: 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount';
  periodMs: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  threshold: number;
  comparison: string;
  missing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Points beyond the evaluation periods that CloudWatch looks back for. Assumption: two, as in the examples of its user guide; the number is not stated. */
const furtherBack = 2;

/** Keeps samples by namespace, metric and the exact set of dimensions: another set is another metric. */
export class Metrics {
  readonly #samples = new Map<string, Sample[]>();

  put(metric: { namespace: string; name: string; dimensions: Dimensions }, sample: Sample): void {
    const id = metricId(metric.namespace, metric.name, metric.dimensions);
    const samples = this.#samples.get(id);
    if (samples) samples.push(sample);
    else this.#samples.set(id, [sample]);
  }

  /** Values of the last whole periods before `now`, newest first; undefined where nothing was sent. */
  datapoints(alarm: AlarmTerms, now: number): (number | undefined)[] {
    const samples = this.#samples.get(metricId(alarm.namespace, alarm.metric, alarm.dimensions)) ?? [];
    const end = Math.floor(now / alarm.periodMs) * alarm.periodMs;
    return Array.from({ length: alarm.evaluationPeriods + furtherBack }, (_, back) => {
      const to = end - back * alarm.periodMs;
      const from = to - alarm.periodMs;
      const values = samples.filter(({ at }) => at >= from && at < to).map(({ value }) => value);
      return values.length === 0 ? undefined : statistics[alarm.statistic](values);
    });
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const statistics: Record<AlarmTerms['statistic'], (values: readonly number[]) => number> = {
  Sum: sum,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Average: (values) => sum(values) / values.length,
  SampleCount: (values) => values.length,
};

function metricId(namespace: string, name: string, dimensions: Dimensions): string {
  const sorted = Object.keys(dimensions)
    .sort()
    .map((key) => [key, dimensions[key]]);
  return JSON.stringify([namespace, name, sorted]);
}

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * The state an alarm takes, by the rules of the CloudWatch user guide ("How alarm state is evaluated when data is missing",
 * "Avoiding premature transitions"): enough points further back stand in for missing ones; otherwise missing ones are
 * filled as the alarm says. `points` are newest first, the evaluation periods and some further back.
 */
export function judge(
  alarm: AlarmTerms,
  points: readonly (number | undefined)[],
  before: AlarmState,
): AlarmState {
  const { evaluationPeriods: periods, datapointsToAlarm: needed } = alarm;
  const compare = comparisons[alarm.comparison];
  if (!compare) throw new TypeError(`no rule for ${alarm.comparison}`);
  const breaches = (value: number): boolean => compare(value, alarm.threshold);
  const there = points.filter((point) => point !== undefined);
  if (there.length >= periods) {
    return there.slice(0, periods).filter(breaches).length >= needed ? 'ALARM' : 'OK';
  }
  const breaching = there.filter(breaches).length;
  if (alarm.missing === 'breaching') return breaching + periods - there.length >= needed ? 'ALARM' : 'OK';
  if (alarm.missing === 'notBreaching') return breaching >= needed ? 'ALARM' : 'OK';
  if (there.length === 0) return alarm.missing === 'ignore' ? before : 'INSUFFICIENT_DATA';
  if (breaching >= needed) return 'ALARM';
  if (breaching < there.length) return 'OK';
  if (alarm.missing === 'ignore') return before;
  const oldest = points.slice(0, periods).findLastIndex((point) => point !== undefined);
  return oldest + 1 >= needed ? 'ALARM' : before;
}
