import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../model/address-group.ts';
import { defaultBrakes } from './brakes.ts';
import { planGroup, type Question } from './plan.ts';

const target: GroupTarget = {
  firewall: 'edge',
  channel: 'push',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'report',
};
const brakes = {
  ...defaultBrakes,
  shrink: { minimum: 3, share: 0.3 },
  growth: { minimum: 3, share: 0.3 },
};
const group: AddressGroup = {
  name: 'web',
  addresses: 'pod',
  select: 'all()',
  anyNamespace: true,
  usedIn: 'allow',
  maxMembers: 200,
  brakes,
  publish: [target],
};

const windowStart = 1_000_000;
const allowance = { generation: 1, add: 0, remove: 0 };

function question(index: number, more: Partial<Question>): Question {
  const address = `10.0.0.${index}`;
  return {
    key: `web|default|${address}`,
    address,
    wantedBy: 'pod',
    cause: 'namespace',
    witnessed: false,
    moved: false,
    unverified: false,
    ledger: 'absent',
    counted: false,
    approved: { add: false, remove: false },
    ...more,
  };
}

function planOf(questions: readonly Question[], counted: { size: number; sizeAtStart: number }) {
  const counters = { ...counted, windowStart, allowance };
  return planGroup({
    group,
    target,
    questions,
    ownership: undefined,
    brakes: { counters, generation: 1, firewallRemovalsLeft: 100 },
  });
}

const many = (count: number, from: number, more: Partial<Question>) =>
  Array.from({ length: count }, (_, index) => question(from + index, more));

test('members that were written down before the window and never came do not let more grow in it', () => {
  const lost = { ledger: 'pending', readBack: false, counted: true, changedAt: windowStart - 1 } as const;
  const plan = planOf([...many(5, 0, lost), ...many(10, 10, {})], { size: 5, sizeAtStart: 5 });
  expect(plan.changes).toHaveLength(3);
  expect(plan.counters).toMatchObject({ size: 3, sizeAtStart: 0 });
  expect(plan.held).toHaveLength(12);
});

test('members whose removal was written down before the window and never came do not let more shrink in it', () => {
  const kept = { ledger: 'pending', readBack: true, counted: false, wantedBy: undefined } as const;
  const lost = many(5, 0, { ...kept, cause: 'relist', changedAt: windowStart - 1 });
  const plan = planOf(lost, { size: 5, sizeAtStart: 5 });
  expect(plan.changes).toHaveLength(3);
  expect(plan.counters).toMatchObject({ size: 7, sizeAtStart: 10 });
});

test('what was written down in the window was not there when it began', () => {
  const lost = { ledger: 'pending', readBack: false, counted: true, changedAt: windowStart } as const;
  const plan = planOf(many(3, 0, lost), { size: 8, sizeAtStart: 5 });
  expect(plan.changes).toHaveLength(3);
  expect(plan.counters).toMatchObject({ size: 8, sizeAtStart: 5 });
});
