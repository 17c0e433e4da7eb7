import { describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../errors.ts';
import {
  afterFailure,
  afterSuccess,
  circuitOpenUntil,
  leftAloneUntil,
  mayAskComparison,
  noTrouble,
  pauseMs,
  type Trouble,
} from './trouble.ts';

const now = Date.UTC(2026, 0, 1);
const minute = 60_000;
const unreachable = new ZonebridgeError('firewall/unreachable', 'no route');
const refused = new ZonebridgeError('firewall/credentials-rejected', '401');

function failed(times: number, error = unreachable): Trouble {
  let trouble = noTrouble;
  for (let i = 0; i < times; i++) trouble = afterFailure(trouble, { error, now: now + i, random: 0 });
  return trouble;
}

test.each([
  [1, 2_000],
  [2, 4_000],
  [3, 8_000],
  [5, 32_000],
  [6, 60_000],
  [50, 60_000],
])('after failure %i the pause is %i ms, less up to a quarter', (failures, whole) => {
  expect(pauseMs(failures, 0)).toBe(whole);
  const least = pauseMs(failures, 0.999);
  expect(least).toBeGreaterThanOrEqual(whole * 0.75);
  expect(least).toBeLessThan(whole * 0.76);
});

test('the begin of the trouble stays, the last error counts', () => {
  const trouble = afterFailure(failed(3), { error: refused, now: now + minute, random: 0 });
  expect(trouble).toMatchObject({
    failures: 4,
    behindSince: now,
    lastError: 'firewall/credentials-rejected: 401',
  });
  expect(afterSuccess(trouble, now + 2 * minute)).toEqual({ ...noTrouble, lastSuccess: now + 2 * minute });
});

test('what a firewall asks for is kept, within a quarter of an hour', () => {
  const asking = (retryAfterSeconds: number): ZonebridgeError =>
    new ZonebridgeError('firewall/throttled', '429', { fields: { retryAfterSeconds } });
  expect(failed(1, asking(30)).retryAt).toBe(now + 30_000);
  expect(failed(1, asking(1)).retryAt).toBe(now + 2_000);
  expect(failed(1, asking(86_400)).retryAt).toBe(now + 15 * minute);
});

describe('the circuit', () => {
  test('opens at the first refusal of the firewall as a whole, and ends by itself', () => {
    const trouble = failed(1, refused);
    expect(circuitOpenUntil(trouble, now)).toBe(now + 15 * minute);
    expect(leftAloneUntil(trouble, now + 14 * minute)).toBe(now + 15 * minute);
    expect(leftAloneUntil(trouble, now + 15 * minute)).toBeUndefined();
  });

  test('does not open for what may pass', () => {
    const trouble = failed(20);
    expect(circuitOpenUntil(trouble, now)).toBeUndefined();
    expect(leftAloneUntil(trouble, now + minute)).toBe(now + 19 + minute);
  });

  test('closes when the next error is another one', () => {
    const trouble = afterFailure(failed(1, refused), { error: unreachable, now: now + minute, random: 0 });
    expect(circuitOpenUntil(trouble, now + minute)).toBeUndefined();
  });
});

test('a time that a clock an hour ahead wrote leaves nobody alone for an hour', () => {
  const hour = 60 * minute;
  const ahead = afterFailure(noTrouble, { error: refused, now: now + hour, random: 0 });
  expect(leftAloneUntil(ahead, now)).toBeUndefined();
  expect(mayAskComparison({ ...noTrouble, comparisonAskedAt: now + hour }, now)).toBe(true);
  expect(mayAskComparison({ ...noTrouble, comparisonAskedAt: now - 59_999 }, now)).toBe(false);
});
