import { describe, expect, test } from 'vitest';
import { group, target } from '../../../test/support/planned-group.ts';
import { brakesOf, defaultBrakes, emptyCounters, firewallRemovalsLeft } from './brakes.ts';
import { holdRule } from './hold-reasons.ts';
import { planGroup, type PlanRequest, type Question } from './plan.ts';

function question(index: number, more: Partial<Question> = {}): Question {
  const address = `10.0.${index >> 8}.${index & 255}`;
  return {
    key: `web|default|${address}`,
    address,
    wantedBy: undefined,
    cause: 'watch',
    witnessed: true,
    moved: false,
    unverified: false,
    ledger: 'present',
    counted: true,
    approved: { add: false, remove: false },
    ...more,
  };
}

const addition = (index: number, more: Partial<Question> = {}): Question =>
  question(index, { wantedBy: 'one/pod|a', ledger: 'absent', counted: false, ...more });

/** What goes and what is held, as `add`, `remove`, or `add frozen`. */
function planned(
  questions: Question[],
  size: number,
  more: Partial<PlanRequest> = {},
): Record<string, number> {
  const plan = planGroup({
    group,
    target,
    questions,
    ownership: undefined,
    brakes: {
      counters: { ...emptyCounters(0), size, sizeAtStart: size },
      generation: 1,
      firewallRemovalsLeft: 1_000,
    },
    ...more,
  });
  const result: Record<string, number> = {};
  const count = (name: string): void => {
    result[name] = (result[name] ?? 0) + 1;
  };
  for (const { op } of plan.changes) count(op);
  for (const { change, reason } of plan.held) count(`${change.op} ${reason}`);
  return result;
}

const many = (count: number, make: (index: number) => Question): Question[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('the order of the checks', () => {
  const removal = question(1, { witnessed: false });

  test.each<[string, Question, Partial<PlanRequest>, string]>([
    [
      'observe before everything',
      removal,
      { target: { ...target, mode: 'observe' }, ownership: 'foreign', frozen: true },
      'remove observe',
    ],
    [
      'add-only before ownership',
      removal,
      { target: { ...target, mode: 'add-only' }, ownership: 'foreign' },
      'remove add-only',
    ],
    ['ownership before a freeze', removal, { ownership: 'foreign', frozen: true }, 'remove foreign-object'],
    [
      'what is not verified before a freeze and a rejection',
      { ...removal, unverified: true, rejected: 'remove' },
      { frozen: true },
      'remove unverified',
    ],
    ['a freeze before a rejection', { ...removal, rejected: 'remove' }, { frozen: true }, 'remove frozen'],
    ['a rejection before the brakes', { ...removal, rejected: 'remove' }, {}, 'remove rejected'],
    ['the brakes last', removal, {}, 'remove empties'],
  ])('%s', (_, one, more, held) => {
    expect(planned([one], 1, more)).toEqual({ [held]: 1 });
  });

  test('an approval passes freeze, rejection and brakes, but neither mode nor ownership nor maxMembers', () => {
    const approved = { add: true, remove: true };
    const one = question(1, { witnessed: false, approved, rejected: 'remove' });
    expect(planned([one], 1, { frozen: true })).toEqual({ remove: 1 });
    expect(planned([one], 1, { ownership: 'foreign' })).toEqual({ 'remove foreign-object': 1 });
    expect(planned([one], 1, { target: { ...target, mode: 'add-only' } })).toEqual({ 'remove add-only': 1 });
    expect(planned([addition(1, { approved })], 100)).toEqual({ 'add max-members': 1 });
  });
});

describe('what is not verified', () => {
  const inferred = { unverified: true, witnessed: false };

  test.each<[string, Question, Record<string, number>]>([
    ['an inferred removal', question(1, inferred), { 'remove unverified': 1 }],
    ['a witnessed removal', question(1, { unverified: true }), { remove: 1 }],
    ['an addition', addition(1, inferred), { add: 1 }],
    ['an address of somebody else', question(1, { ...inferred, moved: true }), { remove: 1 }],
    [
      'a removal that a person released',
      question(1, { ...inferred, approved: { add: false, remove: true } }),
      { remove: 1 },
    ],
    ['a quarantine', question(1, { ...inferred, wantedBy: 'one/pod|a', quarantine: 'out' }), { remove: 1 }],
  ])('and %s', (_, one, expected) => {
    expect(planned([one], 50)).toEqual(expected);
  });

  test('what the configuration removes needs no cluster', () => {
    const one = question(1, { ...inferred, cause: 'configuration' });
    expect(planned([one], 50)).toEqual({ 'remove configuration-shrink': 1 });
  });
});

describe('a freeze', () => {
  test.each<[string, Question, Record<string, number>]>([
    ['an addition', addition(1), { 'add frozen': 1 }],
    ['a removal that is inferred', question(1, { witnessed: false }), { 'remove frozen': 1 }],
    [
      'a removal by configuration',
      question(1, { witnessed: false, cause: 'configuration' }),
      { 'remove frozen': 1 },
    ],
    ['a dead address', question(1), { remove: 1 }],
    ['an address of somebody else', question(1, { witnessed: false, moved: true }), { remove: 1 }],
    [
      'a quarantine',
      question(1, { witnessed: false, wantedBy: 'one/pod|a', quarantine: 'out' }),
      { remove: 1 },
    ],
  ])('and %s', (_, one, expected) => {
    expect(planned([one], 50, { frozen: true })).toEqual(expected);
  });
});

describe('a quarantine', () => {
  test('takes out what the cluster wants and puts in what it does not', () => {
    expect(planned([question(1, { wantedBy: 'one/pod|a', quarantine: 'out' })], 1)).toEqual({ remove: 1 });
    expect(planned([addition(1, { wantedBy: undefined, quarantine: 'in' })], 100)).toEqual({ add: 1 });
    expect(planned([addition(1, { quarantine: 'out' })], 1)).toEqual({});
  });

  test('touches nothing that is not ours, and nothing where we only look', () => {
    const out = question(1, { wantedBy: 'one/pod|a', quarantine: 'out' });
    expect(planned([out], 1, { ownership: 'foreign' })).toEqual({ 'remove foreign-object': 1 });
    expect(planned([out], 1, { target: { ...target, mode: 'observe' } })).toEqual({ 'remove observe': 1 });
    expect(planned([out], 1, { target: { ...target, mode: 'add-only' } })).toEqual({ remove: 1 });
  });
});

describe('limits at their boundaries', () => {
  const removals = (count: number) => many(count, (index) => question(index));
  const additions = (count: number, more: Partial<Question>) =>
    many(count, (index) => addition(1000 + index, more));

  test.each([
    [34, 10, { remove: 10 }],
    [34, 11, { remove: 10, 'remove shrink': 1 }],
    [36, 10, { remove: 10 }],
    [40, 12, { remove: 12 }],
    [40, 13, { remove: 12, 'remove shrink': 1 }],
  ])('of %i members %i go', (size, count, expected) => {
    expect(planned(removals(count), size)).toEqual(expected);
  });

  test.each([
    [20, 10, { add: 10 }],
    [20, 11, { add: 10, 'add growth': 1 }],
    [40, 12, { add: 12 }],
    [40, 13, { add: 12, 'add growth': 1 }],
  ])('%i members grow by %i of a new namespace', (size, count, expected) => {
    expect(planned(additions(count, { cause: 'namespace' }), size)).toEqual(expected);
  });

  test('growth that a cluster causes in a namespace that is known is no business of the brakes', () => {
    expect(planned(additions(50, { cause: 'watch' }), 20)).toEqual({ add: 50 });
  });

  test.each([
    [99, 1, { add: 1 }],
    [99, 2, { add: 1, 'add max-members': 1 }],
  ])('%i members take %i up to maxMembers', (size, count, expected) => {
    expect(planned(additions(count, {}), size)).toEqual(expected);
  });

  test.each([
    [1, { remove: 1 }],
    [0, { 'remove firewall-shrink': 1 }],
  ])('a firewall that allows %i more removals', (left, expected) => {
    const brakes = {
      counters: { ...emptyCounters(0), size: 50, sizeAtStart: 50 },
      generation: 1,
      firewallRemovalsLeft: left,
    };
    expect(planned([question(1)], 50, { brakes })).toEqual(expected);
  });

  test('the limit of a firewall can be set', () => {
    const totals = { size: 100, sizeAtStart: 100 };
    expect(firewallRemovalsLeft(totals)).toBe(20);
    expect(firewallRemovalsLeft(totals, { shrink: { minimum: 3, share: 0.05 }, windowMinutes: 5 })).toBe(5);
    expect(
      firewallRemovalsLeft(
        { size: 95, sizeAtStart: 100 },
        { shrink: { minimum: 3, share: 0.05 }, windowMinutes: 5 },
      ),
    ).toBe(0);
  });

  test('the limits of a target stand before those of its group', () => {
    const brakes = { ...defaultBrakes, shrink: { minimum: 2, share: 0 } };
    const strict = { ...target, brakes };
    expect(brakesOf(group, strict)).toBe(brakes);
    expect(brakesOf(group, target)).toBe(defaultBrakes);
    expect(planned(removals(3), 50, { target: strict })).toEqual({ remove: 2, 'remove shrink': 1 });
  });
});

test('a reason of another version waits for a person', () => {
  expect(holdRule('something-new' as 'shrink')).toMatchObject({ approvable: true, looksAgain: false });
});
