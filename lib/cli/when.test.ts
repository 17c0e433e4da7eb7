import { expect, test } from 'vitest';
import { localTime, parseWhen, utcTime } from './when.ts';

const now = Date.parse('2026-11-21T14:30:00Z');

test.each([
  ['2026-11-21T14:03Z', '2026-11-21T14:03:00.000Z'],
  ['2026-11-21T15:03+01:00', '2026-11-21T14:03:00.000Z'],
  ['2026-11-21 14:03:07Z', '2026-11-21T14:03:07.000Z'],
  ['2026-11-21T14:03:07.250Z', '2026-11-21T14:03:07.250Z'],
  ['90m', '2026-11-21T13:00:00.000Z'],
  ['3d', '2026-11-18T14:30:00.000Z'],
])('%s is %s', (given, iso) => {
  expect(new Date(parseWhen(given, now)).toISOString()).toBe(iso);
});

test('a time without a zone is meant where the machine stands', () => {
  expect(parseWhen('2026-11-21 14:03', now)).toBe(new Date(2026, 10, 21, 14, 3).getTime());
  expect(parseWhen('2026-11-21', now)).toBe(new Date(2026, 10, 21).getTime());
  const today = new Date(now);
  today.setHours(14, 3, 0, 0);
  expect(parseWhen('14:03', now)).toBe(today.getTime());
});

test.each([
  '',
  'yesterday',
  '2026-02-31',
  '2026-02-31 10:00',
  '25:00',
  '21.11.2026',
  '14',
  '2026-11-21T14:03X',
  '1y',
])('"%s" is refused with the forms that there are', (given) => {
  expect(() => parseWhen(given, now)).toThrow(/is no time; these are: 2026-11-21T14:03Z/);
});

test('what is shown can be read again', () => {
  expect(parseWhen(`${utcTime(now)}Z`, 0)).toBe(now);
  const local = localTime(now);
  expect(local).toMatch(/^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d$/);
});
