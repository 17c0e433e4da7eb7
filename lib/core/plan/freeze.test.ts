import { expect, test } from 'vitest';
import { group, target } from '../../../test/support/planned-group.ts';
import type { AddressGroup } from '../model/address-group.ts';
import { emptyCounters } from './brakes.ts';
import { planGroup, type Question } from './plan.ts';

const silent: Partial<AddressGroup> = { onSilence: { expireAfterHours: 1, bypassBrakes: true } };

/** What becomes of one change: it goes, or waits for this reason. */
function during(
  freeze: boolean,
  op: 'add' | 'remove',
  more: Partial<Question> = {},
  of: Partial<AddressGroup> = {},
): string {
  const question: Question = {
    key: 'web|default|10.0.0.1',
    address: '10.0.0.1',
    wantedBy: op === 'add' ? 'one/pod|a' : undefined,
    cause: 'watch',
    witnessed: false,
    moved: false,
    unverified: false,
    ledger: op === 'add' ? 'absent' : 'present',
    counted: op === 'remove',
    approved: { add: false, remove: false },
    ...more,
  };
  const counters = { ...emptyCounters(0), size: 50, sizeAtStart: 50 };
  const plan = planGroup({
    group: { ...group, ...of },
    target,
    questions: [question],
    ownership: undefined,
    frozen: freeze,
    brakes: { counters, generation: 1, firewallRemovalsLeft: 100, ceiling: undefined },
  });
  return plan.held[0]?.reason ?? (plan.changes.length === 1 ? 'goes' : 'nothing');
}

test.each(['add', 'remove'] as const)('without a freeze an %s goes', (op) => {
  expect(during(false, op)).toBe('goes');
});

test.each(['add', 'remove'] as const)('during a freeze an %s waits unless a person approved it', (op) => {
  expect(during(true, op)).toBe('frozen');
  expect(during(true, op, { approved: { add: true, remove: true } })).toBe('goes');
});

test.each(['add', 'remove'] as const)('an %s that was approved before the freeze waits', (op) => {
  const approved = { add: true, remove: true };
  expect(during(true, op, { approved, heedsFreeze: true })).toBe('frozen');
  expect(during(false, op, { approved, heedsFreeze: true })).toBe('goes');
});

test('what a silent cluster had waits for the end of the freeze, also where nobody has to be asked', () => {
  expect(during(true, 'remove', { cause: 'silence' }, silent)).toBe('frozen');
  expect(during(false, 'remove', { cause: 'silence', unverified: true }, silent)).toBe('goes');
});

test('a dead address leaves during a freeze, a witnessed addition does not come', () => {
  expect(during(true, 'remove', { witnessed: true })).toBe('goes');
  expect(during(true, 'remove', { moved: true })).toBe('goes');
  expect(during(true, 'add', { witnessed: true })).toBe('frozen');
});
