import { expect, test } from 'vitest';
import { isDue, mayHaveEnded } from './lifetime.ts';

const hour = 3_600_000;
const now = 1_000 * hour;

test.each([
  ['more than half of its time is left', { expiresAt: now + 13 * hour, lifetimeMs: 24 * hour }, false],
  ['less than half of it is left', { expiresAt: now + 11 * hour, lifetimeMs: 24 * hour }, true],
  ['it is over', { expiresAt: now - hour, lifetimeMs: 24 * hour }, true],
  ['it was put there for ever', { expiresAt: undefined, lifetimeMs: 24 * hour }, true],
  ['it shall stay for ever and would not', { expiresAt: now + hour, lifetimeMs: undefined }, true],
  ['it stays for ever', { expiresAt: undefined, lifetimeMs: undefined }, false],
  ['it was put there for longer', { expiresAt: now + 48 * hour, lifetimeMs: 24 * hour }, true],
  ['our clock went back a little', { expiresAt: now + 24 * hour + 1000, lifetimeMs: 24 * hour }, false],
])('due: %s', (_, known, due) => {
  expect(isDue({ ...known, now })).toBe(due);
});

test.each([
  ['its time is over', { expiresAt: now - 1, lifetimeMs: 24 * hour }, true],
  ['it may be, as far as anybody knows', { expiresAt: now + 60_000, lifetimeMs: 24 * hour }, true],
  ['it is not', { expiresAt: now + hour, lifetimeMs: 24 * hour }, false],
  ['nobody knows how long it had', { expiresAt: undefined, lifetimeMs: 24 * hour }, true],
  ['it had a time when it was put there', { expiresAt: now - 1, lifetimeMs: undefined }, true],
  ['it was there for ever', { expiresAt: undefined, lifetimeMs: undefined }, false],
])('ended: %s', (_, known, ended) => {
  expect(mayHaveEnded({ ...known, now })).toBe(ended);
});
