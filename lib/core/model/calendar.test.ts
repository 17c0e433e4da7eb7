import { describe, expect, test } from 'vitest';
import { nextPeriod, parsePeriod, periodAt, type PeriodSource } from './calendar.ts';

const zone = 'Europe/Berlin';
const at = (iso: string): number => Date.parse(iso);
const period = (from: string, to: string, more: Partial<PeriodSource> = {}) =>
  parsePeriod({ from, to, zone, ...more });

function until(periods: ReturnType<typeof period>[], iso: string): string | undefined {
  const found = periodAt(periods, at(iso));
  return found && new Date(found.until).toISOString();
}

describe('once', () => {
  const christmas = period('2026-12-18T18:00', '2027-01-04T06:00');

  test('holds from its first moment and no longer at its last', () => {
    expect(until([christmas], '2026-12-18T16:59:59.999Z')).toBeUndefined();
    expect(until([christmas], '2026-12-18T17:00:00Z')).toBe('2027-01-04T05:00:00.000Z');
    expect(until([christmas], '2027-01-04T04:59:59.999Z')).toBe('2027-01-04T05:00:00.000Z');
    expect(until([christmas], '2027-01-04T05:00:00Z')).toBeUndefined();
  });

  test('an offset of its own counts, not the zone', () => {
    const utc = period('2026-12-18T18:00Z', '2026-12-18T19:00Z');
    expect(until([utc], '2026-12-18T17:30:00Z')).toBeUndefined();
    expect(until([utc], '2026-12-18T18:30:00Z')).toBe('2026-12-18T19:00:00.000Z');
  });
});

describe('every week', () => {
  const weekend = period('fri 18:00', 'mon 06:00');

  test('spans the days between, in summer and winter by the wall clock', () => {
    // 2026-07-03 is a Friday.
    expect(until([weekend], '2026-07-03T15:59:00Z')).toBeUndefined();
    expect(until([weekend], '2026-07-03T16:00:00Z')).toBe('2026-07-06T04:00:00.000Z');
    expect(until([weekend], '2026-07-05T12:00:00Z')).toBe('2026-07-06T04:00:00.000Z');
    expect(until([weekend], '2026-07-06T04:00:00Z')).toBeUndefined();
    // The night in which the clocks go back lies inside: the end is 06:00 winter time.
    expect(until([weekend], '2026-10-24T12:00:00Z')).toBe('2026-10-26T05:00:00.000Z');
  });

  test('the same day and time to itself is always', () => {
    expect(until([period('mon 00:00', 'mon 00:00')], '2026-07-03T15:59:00Z')).toBeDefined();
  });

  test('a period that ends on its own day before it begins lasts nearly a week', () => {
    const long = period('mon 06:00', 'mon 05:00');
    expect(until([long], '2026-07-06T03:30:00Z')).toBeUndefined();
    expect(until([long], '2026-07-06T02:30:00Z')).toBe('2026-07-06T03:00:00.000Z');
  });
});

describe('every day', () => {
  test('over midnight', () => {
    const night = period('22:00', '05:00');
    expect(until([night], '2026-07-03T19:59:00Z')).toBeUndefined();
    expect(until([night], '2026-07-03T20:00:00Z')).toBe('2026-07-04T03:00:00.000Z');
    expect(until([night], '2026-07-04T02:59:00Z')).toBe('2026-07-04T03:00:00.000Z');
  });

  test('only on the days it begins', () => {
    const some = period('22:00', '05:00', { days: ['fri'] });
    expect(until([some], '2026-07-04T01:00:00Z')).toBe('2026-07-04T03:00:00.000Z');
    expect(until([some], '2026-07-05T01:00:00Z')).toBeUndefined();
  });

  test('until the end of the day, also on one of 25 hours', () => {
    const evening = period('18:00', '24:00');
    expect(until([evening], '2026-10-25T18:00:00Z')).toBe('2026-10-25T23:00:00.000Z');
    expect(until([evening], '2026-10-25T16:59:00Z')).toBeUndefined();
  });

  test('a time that the change of clocks skips is still the beginning of something', () => {
    const early = period('02:30', '04:00');
    expect(until([early], '2026-03-29T01:45:00Z')).toBe('2026-03-29T02:00:00.000Z');
  });
});

describe('several', () => {
  test('that touch or overlap end together', () => {
    const days = [period('fri 18:00', 'sat 12:00'), period('sat 12:00', 'sun 20:00')];
    expect(until(days, '2026-07-03T17:00:00Z')).toBe('2026-07-05T18:00:00.000Z');
  });

  test('an endless calendar comes to an end', () => {
    expect(until([period('00:00', '24:00')], '2026-07-03T17:00:00Z')).toBeDefined();
  });

  test('the next beginning', () => {
    const calendar = [period('fri 18:00', 'mon 06:00'), period('2026-07-01T08:00', '2026-07-01T09:00')];
    expect(nextPeriod(calendar, at('2026-07-01T05:00:00Z'))).toBe(at('2026-07-01T06:00:00Z'));
    expect(nextPeriod(calendar, at('2026-07-01T06:00:00Z'))).toBe(at('2026-07-03T16:00:00Z'));
    expect(
      nextPeriod([period('2020-01-01T00:00', '2020-01-02T00:00')], at('2026-07-01T06:00:00Z')),
    ).toBeUndefined();
    expect(periodAt([], 0)).toBeUndefined();
  });
});

describe('refused', () => {
  test.each([
    ['a zone that does not exist', { zone: 'Europe/Berln' }],
    ['two forms', { from: 'fri 18:00', to: '06:00' }],
    ['a time that does not exist', { from: '25:00', to: '06:00' }],
    ['a date that does not exist', { from: '2026-02-30T10:00', to: '2026-03-30T10:00' }],
    ['an end before the beginning', { from: '2026-03-30T10:00', to: '2026-03-30T10:00' }],
    ['days of a weekly one', { days: ['fri'] as const }],
    ['words', { from: 'soon', to: 'later' }],
  ])('%s', (_, wrong) => {
    expect(() => parsePeriod({ from: 'fri 18:00', to: 'mon 06:00', zone, ...wrong })).toThrow();
  });
});
