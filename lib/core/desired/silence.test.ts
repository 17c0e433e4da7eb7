import fc from 'fast-check';
import { expect, test } from 'vitest';
import { group } from '../../../test/support/world.ts';
import { bypassesBrakes, expiredGroups, type Silence, watchSilence } from './silence.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Looks every minute for so long after the last heartbeat, with gaps where nobody looked. */
function watched(looks: readonly number[], heartbeatAt = 1): Silence | undefined {
  let silence: Silence | undefined;
  for (const now of looks) silence = watchSilence(silence, { heartbeatAt, now });
  return silence;
}

const everyMinute = (from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / minute) + 1 }, (_, i) => from + i * minute);

test('a cluster that speaks, or never spoke, is not silent', () => {
  expect(watchSilence(undefined, { heartbeatAt: 1000, now: 60_000 })).toBeUndefined();
  expect(watchSilence(undefined, { heartbeatAt: 0, now: 1e12 })).toBeUndefined();
});

test('silence counts while somebody listens', () => {
  expect(watched(everyMinute(0, 2 * hour))?.watchedMs).toBeGreaterThan(1.8 * hour);
});

test('an outage of the hub is no silence of the cluster', () => {
  const looks = [...everyMinute(0, 10 * minute), ...everyMinute(48 * hour, 48 * hour + 10 * minute)];
  expect(watched(looks)?.watchedMs).toBeLessThan(20 * minute);
});

test('one word begins it anew', () => {
  const long = watched(everyMinute(0, 5 * hour));
  const again = watchSilence(long, { heartbeatAt: 6 * hour, now: 6 * hour + 10 * minute });
  expect(again).toEqual({ since: 6 * hour, watchedMs: 0, at: 6 * hour + 10 * minute });
});

test('the same silence goes on when its beginning is told a little otherwise, and with it the time that was watched', () => {
  const first = watched(everyMinute(0, 5 * hour), 1000);
  const again = watchSilence(first, { heartbeatAt: 1700, now: 5 * hour + minute });
  expect(again).toEqual({ since: 1700, watchedMs: (first?.watchedMs ?? 0) + minute, at: 5 * hour + minute });
});

test('it is never longer than the time since the last heartbeat, whatever the looks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 50 }), (moments) => {
      const looks = moments.toSorted((a, b) => a - b);
      const silence = watched(looks);
      expect(silence?.watchedMs ?? 0).toBeLessThanOrEqual(looks.at(-1) ?? 0);
    }),
  );
});

test('groups expire at their own hour, and only those that take from the cluster', () => {
  const after = (expireAfterHours: number) => ({ expireAfterHours, bypassBrakes: false });
  const groups = [
    group('keep'),
    group('two', { onSilence: after(2) }),
    group('nine', { onSilence: after(9) }),
    group('other', { onSilence: after(2), clusters: ['other'] }),
  ];
  const silence = (hours: number): Silence => ({ since: 1, at: 2, watchedMs: hours * hour });
  expect(expiredGroups(groups, 'one', undefined)).toEqual([]);
  expect(expiredGroups(groups, 'one', silence(1.99))).toEqual([]);
  expect(expiredGroups(groups, 'one', silence(2))).toEqual(['two']);
  expect(expiredGroups(groups, 'one', silence(9))).toEqual(['two', 'nine']);
});

test('brakes hold unless the group says otherwise', () => {
  expect(bypassesBrakes(group('a'))).toBe(false);
  expect(bypassesBrakes(group('a', { onSilence: { expireAfterHours: 1, bypassBrakes: false } }))).toBe(false);
  expect(bypassesBrakes(group('a', { onSilence: { expireAfterHours: 1, bypassBrakes: true } }))).toBe(true);
});
