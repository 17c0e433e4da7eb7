import { describe, expect, test } from 'vitest';
import { type AlarmState, type AlarmTerms, judge, Metrics } from './cloudwatch.ts';

const terms: AlarmTerms = {
  name: 'a',
  description: '',
  namespace: 'N',
  metric: 'M',
  dimensions: { firewall: 'edge' },
  statistic: 'Maximum',
  periodMs: 60_000,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 1,
  comparison: 'GreaterThanThreshold',
  missing: 'missing',
};

/** `X` breaches, `0` does not, `-` is missing; oldest first, as the user guide prints them. */
function points(text: string): (number | undefined)[] {
  return text
    .split(' ')
    .map((sign) => ({ X: 2, '0': 0 })[sign])
    .toReversed();
}

const kept = 'INSUFFICIENT_DATA';

// The two tables of the CloudWatch user guide: 3 of 3 and 2 of 3 points, columns missing, ignore, breaching, notBreaching.
describe.each([
  [
    3,
    [
      ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
      ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
      ['- - - - -', 'INSUFFICIENT_DATA', kept, 'ALARM', 'OK'],
      ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['- - X - -', 'ALARM', kept, 'ALARM', 'OK'],
    ],
  ],
  [
    2,
    [
      ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - X -', 'ALARM', kept, 'ALARM', 'OK'],
    ],
  ],
] as [number, string[][]][])('%i of 3 points', (datapointsToAlarm, rows) => {
  test.each(rows)('%s', (text = '', ...states) => {
    const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
    const found = treatments.map(
      (missing): AlarmState => judge({ ...terms, datapointsToAlarm, missing }, points(text), kept),
    );
    expect(found).toEqual(states);
  });
});

test('a metric is its namespace, name and exact set of dimensions; a period ends before the next begins', () => {
  const metrics = new Metrics();
  const of = { namespace: 'N', name: 'M' };
  metrics.put({ ...of, dimensions: { firewall: 'edge' } }, { at: 60_000, value: 1 });
  metrics.put({ ...of, dimensions: { firewall: 'edge' } }, { at: 119_999, value: 5 });
  metrics.put({ ...of, dimensions: { firewall: 'edge', service: 'x' } }, { at: 61_000, value: 50 });
  metrics.put({ ...of, dimensions: { firewall: 'edge' } }, { at: 120_000, value: 7 });
  expect(metrics.datapoints(terms, 179_999)).toEqual([5, undefined, undefined, undefined, undefined]);
  expect(metrics.datapoints({ ...terms, statistic: 'Sum' }, 180_000).slice(0, 2)).toEqual([7, 6]);
});
