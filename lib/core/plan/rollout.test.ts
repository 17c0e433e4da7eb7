import { describe, expect, test } from 'vitest';
import {
  hasAdditions,
  isHalf,
  isWait,
  publicationOf,
  releaseTogether,
  type RolloutChange,
  waitsFor,
} from './rollout.ts';

function change(more: Partial<RolloutChange>): RolloutChange {
  const none = { witnessed: false, moved: false, unverified: false, approved: false };
  return { op: 'add', address: '10.0.0.1', cause: 'watch', ...none, ...more };
}

const canary = { canaryElsewhere: true, othersBehind: [] };
const behind = { canaryElsewhere: false, othersBehind: ['edge-2'] };

describe('while another firewall tries the generation', () => {
  test.each([
    ['an addition by the configuration', { cause: 'configuration' }, 'canary'],
    ['a new pod that only the new generation takes', { cause: 'watch' }, 'canary'],
    ['a new pod that both take', { cause: 'watch', wantedBefore: true }, undefined],
    [
      'a removal by the configuration',
      { op: 'remove', cause: 'configuration', living: true, wantedBefore: true },
      'canary',
    ],
    [
      'one of an address whose pod died since',
      { op: 'remove', cause: 'configuration', living: false },
      undefined,
    ],
    ['an address whose pod is gone', { op: 'remove', cause: 'watch', witnessed: true }, undefined],
    ['an address that a listing lacks', { op: 'remove', cause: 'relist' }, undefined],
    [
      'an address that belongs to another pod',
      { op: 'remove', cause: 'configuration', moved: true },
      undefined,
    ],
    ['what a person approved', { cause: 'configuration', approved: true }, undefined],
  ] as const)('%s', (_, more, reason) => {
    expect(waitsFor(change(more), canary)).toBe(reason);
  });
});

describe('while another firewall of the group lacks additions', () => {
  test.each([
    ['additions go', { cause: 'configuration' }, undefined],
    [
      'what the configuration removes waits',
      { op: 'remove', cause: 'configuration', living: true },
      'others-behind',
    ],
    ['but not when its pod died since', { op: 'remove', cause: 'configuration', living: false }, undefined],
    ['dead addresses leave', { op: 'remove', cause: 'watch', witnessed: true }, undefined],
    ['dead addresses that nobody saw die leave, too', { op: 'remove', cause: 'relist' }, undefined],
  ] as const)('%s', (_, more, reason) => {
    expect(waitsFor(change(more), behind)).toBe(reason);
  });
});

test('a firewall has the additions when it used them up, or ended a run well since', () => {
  const generation = { number: 7, activatedAt: 1_000_000 };
  const place = (number: number, add: number, lastSuccess = 0) => ({
    allowance: { generation: number, add },
    lastSuccess,
  });
  expect(hasAdditions(place(7, 0, 1_000_001), generation)).toBe(true);
  // Used up, but no call has gone well since.
  expect(hasAdditions(place(7, 0, 999_999), generation)).toBe(false);
  expect(hasAdditions(place(7, 1, 1_000_001), generation)).toBe(false);
  expect(hasAdditions(place(6, 0, 1_000_001), generation)).toBe(false);
  expect(hasAdditions(place(7, 1, 1_300_001), generation)).toBe(true);
  expect(hasAdditions({ ...place(7, 1, 1_300_001), behindSince: 1_400_000 }, generation)).toBe(false);
});

test('the brakes of one firewall decide for all', () => {
  const release = (add: number, remove: number, heldAdditions = 0, heldRemovals = 0) => ({
    allowance: { add, remove },
    heldAdditions,
    heldRemovals,
  });
  expect(releaseTogether([release(3, 2), release(3, 2)])).toEqual([
    { add: 3, remove: 2 },
    { add: 3, remove: 2 },
  ]);
  expect(releaseTogether([release(3, 2), release(3, 0, 0, 2)])).toEqual([
    { add: 3, remove: 0 },
    { add: 3, remove: 0 },
  ]);
  expect(releaseTogether([release(3, 2), release(0, 2, 3, 0)])).toEqual([
    { add: 0, remove: 0 },
    { add: 0, remove: 0 },
  ]);
});

test('a publication counts who has it, and since when not all do', () => {
  const place = (firewall: string, outstandingSince?: number) => ({ firewall, outstandingSince });
  expect(publicationOf([place('a'), place('b', 50), place('c', 40), place('d')])).toEqual({
    complete: 2,
    of: 4,
    since: 40,
    missing: ['b', 'c'],
  });
  expect(publicationOf([place('a')])).toEqual({ complete: 1, of: 1, since: undefined, missing: [] });
  expect(isHalf(publicationOf([place('a'), place('b', 1)]))).toBe(true);
  expect(isHalf(publicationOf([place('a', 1), place('b', 1)]))).toBe(false);
});

test('waiting is told from holding', () => {
  expect([isWait('canary'), isWait('others-behind'), isWait('shrink')]).toEqual([true, true, false]);
});
