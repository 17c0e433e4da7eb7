import { expect, test } from 'vitest';
import { periodSchema } from './period-schema.ts';

test('a period of the configuration is read by the calendar, and what it refuses is said', () => {
  const period = { from: 'fri 18:00', to: 'mon 06:00', zone: 'Europe/Berlin' };
  expect(periodSchema.parse(period)).toEqual(period);
  const wrong = periodSchema.safeParse({ ...period, zone: 'Mars/Base' });
  expect(wrong.error?.issues.map(({ message }) => message)).toEqual(['there is no time zone "Mars/Base"']);
  expect(periodSchema.safeParse({ ...period, until: 'x' }).success).toBe(false);
});
