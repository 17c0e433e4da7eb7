import { describe, expect, test } from 'vitest';
import type { ChannelCalls } from '../firewall.ts';
import { brake, type BrakeContext, defaultBrakes, emptyCounters } from './brakes.ts';
import { fitBudget } from './fit-budget.ts';
import type { GroupPlan, PlannedChange } from './plan.ts';

const objects: ChannelCalls = { apply: 0, object: 0, add: 2, remove: 3 };
const push: ChannelCalls = { apply: 1, object: 1, add: 0, remove: 0 };

function change(op: 'add' | 'remove', address: string, more: Partial<PlannedChange> = {}): PlannedChange {
  const quiet = { witnessed: false, moved: false, unverified: false, approved: false } as const;
  return { op, address, key: address, cause: 'watch', ...quiet, ...more };
}

const context: BrakeContext = {
  settings: defaultBrakes,
  counters: {
    ...emptyCounters(0),
    size: 50,
    sizeAtStart: 50,
    allowance: { generation: 1, add: 9, remove: 9 },
  },
  maxMembers: 100,
  generation: 1,
  firewallRemovalsLeft: 100,
  ceiling: { writesPerHour: 100, hour: 7 },
};

function planOf(changes: PlannedChange[]): GroupPlan {
  const { go, held, counters } = brake(changes, context);
  return {
    create: false,
    adopt: false,
    changes: go,
    held,
    renewals: [],
    later: [],
    settled: [],
    counters,
    corrections: new Map(),
  };
}

const dead = change('remove', 'dead', { witnessed: true });
const moved = change('remove', 'moved', { moved: true });
const inferred = change('remove', 'inferred', { cause: 'relist' });
const added = change('add', 'added');
const configured = change('add', 'configured', { cause: 'configuration' });

describe('a plan that does not fit its budget', () => {
  const plan = planOf([inferred, added, dead, configured, moved]);

  test.each([
    [100, ['inferred', 'added', 'dead', 'configured', 'moved']],
    [13, ['inferred', 'added', 'dead', 'configured', 'moved']],
    [12, ['added', 'dead', 'configured', 'moved']],
    [8, ['added', 'dead', 'moved']],
    [6, ['dead', 'moved']],
    [3, ['moved']],
    [2, []],
  ])('keeps, with %i calls left, what is dead first', (left, expected) => {
    const { plans, deferred } = fitBudget([{ plan, calls: objects }], left);
    expect(plans[0]!.changes.map(({ address }) => address).sort()).toEqual([...expected].sort());
    expect(deferred).toBe(5 - expected.length);
    expect(plans[0]!.held).toEqual([]);
  });

  test('counts as if the rest had never been planned', () => {
    for (let left = 0; left < 14; left++) {
      const [reduced] = fitBudget([{ plan, calls: objects }], left).plans;
      expect(reduced!.counters).toEqual(planOf(reduced!.changes).counters);
    }
  });

  test('makes no object for nobody', () => {
    const first = { ...planOf([added]), create: true };
    expect(fitBudget([{ plan: first, calls: objects }], 3).plans[0]!.create).toBe(true);
    expect(fitBudget([{ plan: first, calls: objects }], 2).plans[0]).toMatchObject({
      create: false,
      changes: [],
    });
  });

  test('a channel that takes all changes in one call carries them all or waits', () => {
    const two = [planOf([dead, added]), planOf([moved])];
    const fitted = (left: number): number[] =>
      fitBudget(
        two.map((one) => ({ plan: one, calls: push })),
        left,
      ).plans.map(({ changes }) => changes.length);
    expect(fitted(3)).toEqual([2, 1]);
    expect(fitted(2)).toEqual([2, 0]);
    expect(fitted(1)).toEqual([0, 0]);
  });
});
