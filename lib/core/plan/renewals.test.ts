import { describe, expect, test } from 'vitest';
import { group, target } from '../../../test/support/planned-group.ts';
import { emptyCounters } from './brakes.ts';
import { type GroupPlan, planGroup, type PlanRequest, type Question } from './plan.ts';

describe('members whose time begins anew', () => {
  const member = (address: string, more: Partial<Question> = {}): Question => ({
    key: `web|default|${address}`,
    address,
    wantedBy: 'one',
    cause: 'reconcile',
    witnessed: false,
    moved: false,
    unverified: false,
    ledger: 'present',
    renew: true,
    counted: true,
    approved: { add: false, remove: false },
    ...more,
  });
  const planOf = (questions: Question[], more: Partial<PlanRequest> = {}): GroupPlan => {
    const counters = { ...emptyCounters(0), size: questions.length, sizeAtStart: questions.length };
    const brakes = { counters, generation: 1, releasedSince: 0, firewallRemovalsLeft: 1_000 };
    return planGroup({ group, target, questions, ownership: undefined, brakes, ...more });
  };
  const addresses = (plan: GroupPlan): string[] => plan.renewals.map(({ address }) => address);
  const due = [member('10.0.0.2'), member('10.0.0.1'), member('10.0.0.3', { renew: false })];

  test('are renewed in order, which changes and counts nothing', () => {
    const plan = planOf(due);
    expect(addresses(plan)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(plan.changes).toEqual([]);
    expect(plan.counters.size).toBe(3);
  });

  test('are renewed in a freeze and where groups only grow, but never where nothing is written', () => {
    expect(addresses(planOf(due, { frozen: 'strictly' }))).toHaveLength(2);
    expect(addresses(planOf(due, { target: { ...target, mode: 'add-only' } }))).toHaveLength(2);
    expect(addresses(planOf(due, { target: { ...target, mode: 'observe' } }))).toEqual([]);
  });

  test('are left alone in an object that is not ours', () => {
    for (const ownership of ['foreign', 'renamed', 'hand-renamed', 'absent'] as const)
      expect(addresses(planOf(due, { ownership }))).toEqual([]);
  });

  test('are renewed while they are held back from leaving, and not when they leave', () => {
    const left = member('10.0.0.1', { wantedBy: undefined, witnessed: true });
    const frozen = member('10.0.0.2', { wantedBy: undefined });
    const plan = planOf([left, frozen], { frozen: true });
    expect(plan.changes.map(({ address }) => address)).toEqual(['10.0.0.1']);
    expect(plan.held.map(({ change }) => change.address)).toEqual(['10.0.0.2']);
    expect(addresses(plan)).toEqual(['10.0.0.2']);
  });
});
