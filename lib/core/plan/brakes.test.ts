import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyAllowance,
  brake,
  type BrakeContext,
  type BrakedChange,
  type Cause,
  type Counters,
  defaultBrakes,
  emptyCounters,
  firewallRemovalsLeft,
  rollWindow,
  roomFor,
} from './brakes.ts';

const minute = 60_000;

function counters(size: number, more: Partial<Counters> = {}): Counters {
  return { ...emptyCounters(0), size, sizeAtStart: size, ...more };
}

function context(size: number, more: Partial<BrakeContext> = {}): BrakeContext {
  return {
    settings: defaultBrakes,
    counters: counters(size),
    maxMembers: 100_000,
    generation: 1,
    firewallRemovalsLeft: 100_000,
    ...more,
  };
}

function change(op: 'add' | 'remove', index: number, more: Partial<BrakedChange> = {}): BrakedChange {
  return {
    op,
    address: `10.${op === 'add' ? 1 : 2}.${index >> 8}.${index & 255}`,
    cause: 'watch',
    witnessed: true,
    moved: false,
    approved: false,
    ...more,
  };
}

function many(op: 'add' | 'remove', count: number, more: Partial<BrakedChange> = {}): BrakedChange[] {
  return Array.from({ length: count }, (_, index) => change(op, index, more));
}

/** How many go, and why the others wait. */
function verdict(changes: readonly BrakedChange[], within: BrakeContext): Record<string, number> {
  const { go, held, later } = brake(changes, within);
  const result: Record<string, number> = {
    go: go.length,
    ...(later.length > 0 ? { later: later.length } : {}),
  };
  for (const { reason } of held) result[reason] = (result[reason] ?? 0) + 1;
  return result;
}

test('what was inferred is judged when everything else has left, whatever the order of addresses', () => {
  const inferred = change('remove', 1, { witnessed: false, cause: 'relist' });
  const seen = change('remove', 2);
  for (const changes of [
    [inferred, seen],
    [seen, inferred],
  ]) {
    const { go, held } = brake(changes, context(2));
    expect(go).toEqual([seen]);
    expect(held).toEqual([{ change: inferred, reason: 'empties' }]);
  }
});

describe('shrink', () => {
  test.each([
    ['the minimum of a small group', 12, 10, { go: 10 }],
    ['one more than the minimum', 12, 11, { go: 10, shrink: 1 }],
    ['30 % of a large group', 100, 30, { go: 30 }],
    ['one more than 30 %', 100, 31, { go: 30, shrink: 1 }],
    ['the part of a percent is no member', 99, 30, { go: 29, shrink: 1 }],
  ])('%s: %i members, %i removals', (_, size, removals, expected) => {
    expect(verdict(many('remove', removals), context(size))).toEqual(expected);
  });

  test('counts what went before in the same window', () => {
    const within = context(80, { counters: counters(80, { sizeAtStart: 100 }) });
    expect(verdict(many('remove', 11), within)).toEqual({ go: 10, shrink: 1 });
  });

  test('a rolling update is no loss, however large', () => {
    expect(verdict([...many('remove', 100), ...many('add', 100)], context(100))).toEqual({ go: 200 });
    const tight = context(100, { firewallRemovalsLeft: 0 });
    expect(verdict([...many('remove', 100), ...many('add', 100)], tight)).toEqual({ go: 200 });
    const full = context(100, { maxMembers: 100 });
    expect(verdict([...many('remove', 20), ...many('add', 20)], full)).toEqual({ go: 40 });
  });

  test('a group may have settings of its own', () => {
    const settings = { ...defaultBrakes, shrink: { minimum: 1, share: 0.5 } };
    expect(verdict(many('remove', 6), context(10, { settings }))).toEqual({ go: 5, shrink: 1 });
  });
});

describe('emptying', () => {
  test.each([
    ['the last member when a watch saw it', 1, { witnessed: true }, { go: 1 }],
    ['the last member when it was inferred', 1, { witnessed: false }, { go: 0, empties: 1 }],
    ['all but the last when inferred', 3, { witnessed: false }, { go: 2, empties: 1 }],
    ['everything when a watch saw it', 3, { witnessed: true }, { go: 3 }],
  ])('%s', (_, size, more, expected) => {
    expect(verdict(many('remove', size, more), context(size))).toEqual(expected);
  });

  test('what comes in at the same time counts once it is there', () => {
    const changes = [...many('remove', 3, { witnessed: false, cause: 'relist' }), change('add', 9)];
    expect(verdict(changes, context(3))).toEqual({ go: 3, later: 1 });
    const there = context(4, { counters: counters(4, { sizeAtStart: 3 }) });
    expect(verdict(changes.slice(0, 3), there)).toEqual({ go: 3 });
  });
});

describe('moved and approved', () => {
  test('an address that belongs to another endpoint leaves whatever the brakes say', () => {
    const within = context(100, { firewallRemovalsLeft: 0 });
    const moved = many('remove', 100, {
      moved: true,
      witnessed: false,
      cause: 'configuration',
    });
    expect(verdict(moved, within)).toEqual({ go: 100 });
  });

  test('what moved is counted before the rest is judged', () => {
    const changes = [...many('remove', 5), ...many('remove', 30, { moved: true })];
    expect(verdict(changes, context(100))).toEqual({ go: 30, shrink: 5 });
  });

  test('an approved removal goes, and the brakes count it', () => {
    const changes = [...many('remove', 40, { approved: true, witnessed: false }), ...many('remove', 1)];
    expect(verdict(changes, context(100))).toEqual({ go: 40, shrink: 1 });
  });

  test('an approved addition goes, but never above the most members', () => {
    const approved = { approved: true, cause: 'configuration' as const };
    expect(verdict(many('add', 3, approved), context(10, { maxMembers: 12 }))).toEqual({
      go: 2,
      'max-members': 1,
    });
  });
});

describe('growth', () => {
  test.each([
    ['the minimum by a new namespace', 0, 10, { go: 10 }],
    ['one more than the minimum', 0, 11, { go: 10, growth: 1 }],
    ['30 % of a large group', 100, 30, { go: 30 }],
    ['one more than 30 %', 100, 31, { go: 30, growth: 1 }],
  ])('%s: %i members, %i additions', (_, size, additions, expected) => {
    expect(verdict(many('add', additions, { cause: 'namespace' }), context(size))).toEqual(expected);
  });

  test.each(['watch', 'relist', 'node', 'start', 'reconcile'] as const)(
    'by %s is free up to the most members',
    (cause) => {
      const within = context(10, { maxMembers: 1000 });
      expect(verdict(many('add', 990, { cause }), within)).toEqual({ go: 990 });
      expect(verdict(many('add', 991, { cause }), within)).toEqual({ go: 990, 'max-members': 1 });
    },
  );
});

describe('the allowance of an apply', () => {
  const allowance = { generation: 1, add: 3, remove: 2 };
  const within = context(10, { counters: counters(10, { allowance }) });
  const cause: Cause = 'configuration';

  test('is used up by changes that the configuration causes', () => {
    const additions = brake(many('add', 4, { cause }), within);
    expect([additions.go.length, additions.held[0]?.reason]).toEqual([3, 'configuration-growth']);
    expect(additions.counters.allowance).toEqual({ generation: 1, add: 0, remove: 2 });
    const removals = brake(many('remove', 3, { cause, witnessed: false }), within);
    expect([removals.go.length, removals.held[0]?.reason]).toEqual([2, 'configuration-shrink']);
    expect(removals.counters.allowance).toEqual({ generation: 1, add: 3, remove: 0 });
  });

  test('is not used up by other causes and by what a person approved', () => {
    const changes = [...many('add', 2), ...many('remove', 2), change('add', 9, { cause, approved: true })];
    expect(brake(changes, within).counters.allowance).toEqual(allowance);
  });

  test('is of no use to another generation', () => {
    const other = { ...within, generation: 2 };
    const changes = [change('add', 1, { cause }), change('remove', 1, { cause })];
    expect(verdict(changes, other)).toEqual({ go: 0, 'configuration-growth': 1, 'configuration-shrink': 1 });
  });
});

describe('the firewall as a whole', () => {
  test.each([
    ['10 of few', { size: 12, sizeAtStart: 12 }, 10],
    ['20 % of many', { size: 1000, sizeAtStart: 1000 }, 200],
    ['less what went before', { size: 950, sizeAtStart: 1000 }, 150],
    ['nothing when all is used', { size: 800, sizeAtStart: 1000 }, 0],
    ['more after additions', { size: 1100, sizeAtStart: 1000 }, 300],
  ])('may lose %s', (_, totals, expected) => {
    expect(firewallRemovalsLeft(totals)).toBe(expected);
  });

  test.each([
    ['exactly as many', 5, { go: 5 }],
    ['one more', 4, { go: 4, 'firewall-shrink': 1 }],
  ])('%s', (_, firewallRemovalsLeft, expected) => {
    expect(verdict(many('remove', 5), context(100, { firewallRemovalsLeft }))).toEqual(expected);
  });

  test('what moved uses the room of the others', () => {
    const changes = [...many('remove', 3, { moved: true }), ...many('remove', 3)];
    expect(verdict(changes, context(100, { firewallRemovalsLeft: 5 }))).toEqual({
      go: 5,
      'firewall-shrink': 1,
    });
  });
});

describe('rollWindow', () => {
  const before = counters(7, { sizeAtStart: 20, windowStart: 1000 });

  test('keeps the window until it is over', () => {
    expect(rollWindow(before, 1000 + 10 * minute - 1, 10)).toEqual(before);
  });

  test('begins a new one with the size of now and keeps the allowance', () => {
    const now = 1000 + 10 * minute;
    expect(rollWindow(before, now, 10)).toEqual({ ...before, windowStart: now, sizeAtStart: 7 });
  });
});

describe('applyAllowance', () => {
  test.each([
    ['the first fill, whatever its size', { add: 500, remove: 0, size: 0, firstFill: true }, []],
    ['a growth of exactly the minimum', { add: 10, remove: 0, size: 5, firstFill: false }, []],
    ['a growth of one more', { add: 11, remove: 0, size: 5, firstFill: false }, ['configuration-growth']],
    ['a growth of 30 %', { add: 30, remove: 0, size: 100, firstFill: false }, []],
    [
      'a growth of more than 30 %',
      { add: 31, remove: 0, size: 100, firstFill: false },
      ['configuration-growth'],
    ],
    ['a loss of 30 %', { add: 0, remove: 30, size: 100, firstFill: false }, []],
    [
      'a loss of more than 30 %',
      { add: 0, remove: 31, size: 100, firstFill: false },
      ['configuration-shrink'],
    ],
    ['the loss of everything', { add: 0, remove: 5, size: 5, firstFill: false }, ['empties']],
    ['as many in as out', { add: 100, remove: 100, size: 100, firstFill: false }, []],
    ['nothing at all', { add: 0, remove: 0, size: 0, firstFill: false }, []],
  ])('%s', (_, planned, holds) => {
    const allowed = applyAllowance(planned, defaultBrakes);
    expect(allowed).toEqual({
      add: holds.includes('configuration-growth') ? 0 : planned.add,
      remove: holds.some((reason) => reason !== 'configuration-growth') ? 0 : planned.remove,
      holds,
    });
  });
});

describe('roomFor', () => {
  test.each([
    ['what is free and what leaves', { remove: 3 }, { counters: counters(8), maxMembers: 10 }, 5],
    ['nothing in a group that is too full', { remove: 0 }, { counters: counters(8), maxMembers: 5 }, 0],
    [
      'what the channel still writes this hour',
      { remove: 30 },
      {
        counters: counters(30, { writes: { hour: 7, count: 15 } }),
        maxMembers: 100,
        ceiling: { writesPerHour: 20, hour: 7 },
      },
      5,
    ],
  ])('is %s', (_, planned, room, expected) => {
    expect(roomFor(planned, room)).toBe(expected);
  });
});

describe('any changes', () => {
  const causes = fc.constantFrom<Cause>(
    'watch',
    'relist',
    'namespace',
    'node',
    'start',
    'configuration',
    'reconcile',
  );
  const changes = fc.array(
    fc.record({
      op: fc.constantFrom('add' as const, 'remove' as const),
      address: fc.ipV4(),
      cause: causes,
      witnessed: fc.boolean(),
      moved: fc.boolean(),
      approved: fc.boolean(),
    }),
    { maxLength: 80 },
  );
  const contexts = fc
    .record({
      size: fc.nat({ max: 100 }),
      sizeAtStart: fc.nat({ max: 100 }),
      maxMembers: fc.nat({ max: 150 }),
      firewallRemovalsLeft: fc.integer({ min: -20, max: 60 }),
      add: fc.nat({ max: 10 }),
      remove: fc.nat({ max: 10 }),
    })
    .map(({ size, sizeAtStart, add, remove, ...more }) =>
      context(size, {
        ...more,
        counters: counters(size, { sizeAtStart, allowance: { generation: 1, add, remove } }),
      }),
    );

  test('go, are held or come later, and the counters are those after the ones that go', () => {
    fc.assert(
      fc.property(changes, contexts, (some, within) => {
        const { go, held, later, counters: after } = brake(some, within);
        expect(new Set([...go, ...later, ...held.map((entry) => entry.change)])).toEqual(new Set(some));
        expect(go.length + held.length + later.length).toBe(some.length);
        expect(later.filter(({ op, witnessed }) => op === 'add' || witnessed)).toEqual([]);
        const added = go.filter(({ op }) => op === 'add').length;
        expect(after.size).toBe(within.counters.size + added - (go.length - added));
        expect(Math.min(after.allowance.add, after.allowance.remove)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('that moved or were approved leave, and no limit is passed without a person', () => {
    fc.assert(
      fc.property(changes, contexts, (some, within) => {
        const { go, held, counters: after } = brake(some, within);
        expect(
          held.filter(({ change: { op, moved, approved } }) => op === 'remove' && (moved || approved)),
        ).toEqual([]);
        const added = go.some(({ op }) => op === 'add');
        if (added) expect(after.size).toBeLessThanOrEqual(Math.max(within.maxMembers, within.counters.size));
        const braked = go.filter(
          ({ op, moved, approved, cause }) =>
            op === 'remove' && !moved && !approved && cause !== 'configuration',
        );
        if (braked.length === 0) return;
        const { sizeAtStart } = within.counters;
        expect(sizeAtStart - after.size).toBeLessThanOrEqual(
          Math.max(10, Math.floor(0.3 * sizeAtStart)) + configured(go),
        );
      }),
    );
  });
});

/** Removals that the apply had released: they do not wait for the brake on shrinking. */
function configured(go: readonly BrakedChange[]): number {
  return go.filter(({ op, cause }) => op === 'remove' && cause === 'configuration').length;
}
