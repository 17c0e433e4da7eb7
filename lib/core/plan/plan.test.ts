import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../model/address-group.ts';
import { type Cause, defaultBrakes, emptyCounters } from './brakes.ts';
import { type GroupPlan, type LedgerState, planGroup, type PlanRequest, type Question } from './plan.ts';

const target: GroupTarget = {
  firewall: 'edge',
  channel: 'objects',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
};
const wide = { minimum: 1_000_000, share: 1 };
const group: AddressGroup = {
  name: 'web',
  addresses: 'pod',
  select: 'all()',
  anyNamespace: true,
  usedIn: 'allow',
  maxMembers: 1_000_000,
  brakes: { shrink: wide, growth: wide, windowMinutes: 10 },
  publish: [target],
};

/** What is true of one address: on the device, in the ledger, in the wish. */
interface Truth {
  index: number;
  wanted: boolean;
  ledger: LedgerState;
  /** Only for `pending` and `unknown`: what the device really has. */
  there: boolean;
  counted: boolean;
  cause: Cause;
  witnessed: boolean;
  moved: boolean;
  unverified: boolean;
  approved: boolean;
}

const causes = ['watch', 'relist', 'namespace', 'node', 'start', 'configuration', 'reconcile'] as const;
const truths = fc.uniqueArray(
  fc.record<Truth>({
    index: fc.nat({ max: 60 }),
    wanted: fc.boolean(),
    ledger: fc.constantFrom<LedgerState>('pending', 'present', 'unknown', 'absent'),
    there: fc.boolean(),
    counted: fc.boolean(),
    cause: fc.constantFrom<Cause>(...causes),
    witnessed: fc.boolean(),
    moved: fc.boolean(),
    unverified: fc.boolean(),
    approved: fc.boolean(),
  }),
  { selector: ({ index }) => index, maxLength: 40 },
);

const addressOf = ({ index }: Pick<Truth, 'index'>): string => `10.0.0.${index}`;
const isThere = (truth: Truth): boolean =>
  truth.ledger === 'present' || (truth.ledger !== 'absent' && truth.there);

function question(truth: Truth): Question {
  const uncertain = truth.ledger === 'pending' || truth.ledger === 'unknown';
  return {
    key: `web|default|${addressOf(truth)}`,
    address: addressOf(truth),
    wantedBy: truth.wanted ? 'cluster/pod|a' : undefined,
    cause: truth.cause,
    witnessed: truth.witnessed,
    moved: truth.moved,
    unverified: truth.unverified,
    ledger: truth.ledger,
    ...(uncertain ? { readBack: truth.there } : {}),
    counted: truth.counted,
    approved: { add: truth.approved, remove: truth.approved },
  };
}

function request(all: readonly Truth[], more: Partial<PlanRequest> = {}): PlanRequest {
  const size = all.filter(({ counted }) => counted).length;
  return {
    group,
    target,
    questions: all.map(question),
    ownership: undefined,
    brakes: {
      counters: {
        ...emptyCounters(0),
        size,
        sizeAtStart: size,
        allowance: { generation: 1, add: 1_000_000, remove: 1_000_000 },
      },
      generation: 1,
      firewallRemovalsLeft: 1_000_000,
    },
    ...more,
  };
}

/** The same request under the brakes of design 4.4, without any allowance. */
function braked(all: readonly Truth[]): PlanRequest {
  const base = request(all);
  const counters = { ...base.brakes.counters, allowance: { generation: 1, add: 0, remove: 0 } };
  return {
    ...base,
    group: { ...group, brakes: defaultBrakes, maxMembers: 30 },
    brakes: { counters, generation: 1, firewallRemovalsLeft: 10 },
  };
}

/** What is true after the plan was carried out. */
function carriedOut(all: readonly Truth[], plan: GroupPlan): Truth[] {
  const op = new Map(plan.changes.map((change) => [change.address, change.op]));
  return all.map((truth) => {
    const change = op.get(addressOf(truth));
    const there = change === undefined ? isThere(truth) : change === 'add';
    return { ...truth, there, ledger: there ? 'present' : 'absent', counted: there };
  });
}

const waits = ({ held, later }: GroupPlan): string[] =>
  [...held.map(({ change }) => change), ...later].map(({ address }) => address);

describe('planGroup', () => {
  test('carried out on any ledger and device gives what is desired, but for what waits', () => {
    fc.assert(
      fc.property(truths, fc.boolean(), (all, tight) => {
        const plan = planGroup(tight ? braked(all) : request(all));
        for (const truth of carriedOut(all, plan)) {
          const expected = waits(plan).includes(addressOf(truth)) ? !truth.wanted : truth.wanted;
          expect([addressOf(truth), truth.there]).toEqual([addressOf(truth), expected]);
        }
      }),
    );
  });

  test('only inferred removals that would empty the group are held when the brakes are wide', () => {
    fc.assert(
      fc.property(truths, (all) => {
        for (const { change, reason } of planGroup(request(all)).held) {
          expect(change).toMatchObject({ op: 'remove', witnessed: false, moved: false, approved: false });
          expect(['empties', 'unverified']).toContain(reason);
        }
      }),
    );
  });

  test('is empty the second time', () => {
    fc.assert(
      fc.property(truths, fc.boolean(), (all, tight) => {
        const build = tight ? braked : request;
        const first = planGroup(build(all));
        const again = build(carriedOut(all, first));
        const brakes = { ...again.brakes, counters: first.counters, firewallRemovalsLeft: 0 };
        const second = planGroup({ ...again, brakes });
        expect(second.changes.filter(({ op }) => op === 'add')).toEqual([]);
        // What waited may go when it is looked at again, but nothing that was done is done again or undone.
        const waiting = waits(first);
        expect(second.changes.filter(({ address }) => !waiting.includes(address))).toEqual([]);
        expect(second.settled.length + second.changes.length + waits(second).length).toBe(all.length);
      }),
    );
  });

  test('does not depend on the order of the questions', () => {
    const shuffled = truths.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(planGroup(braked(other))).toEqual(planGroup(braked(all)));
      }),
    );
  });

  test('changes only what was asked about, each address once', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(braked(all));
        const named = [
          ...plan.changes.map(({ address }) => address),
          ...waits(plan),
          ...plan.settled.map((entry) => entry.question.address),
        ];
        expect(named.sort()).toEqual(all.map(addressOf).sort());
      }),
    );
  });

  test('counts the members that are there afterwards, whatever a crash left in the counter', () => {
    fc.assert(
      fc.property(truths, fc.boolean(), (all, tight) => {
        const plan = planGroup(tight ? braked(all) : request(all));
        const members = carriedOut(all, plan).filter(({ there }) => there).length;
        expect(plan.counters.size).toBe(members);
      }),
    );
  });
});

describe('ownership', () => {
  test.each(['foreign', 'renamed'] as const)('nothing is changed on an object that is %s', (ownership) => {
    fc.assert(
      fc.property(truths, fc.constantFrom('own' as const, 'offered' as const), (all, create) => {
        const plan = planGroup(request(all, { ownership, target: { ...target, create } }));
        expect([plan.changes, plan.create]).toEqual([[], false]);
        expect(new Set(plan.held.map(({ reason }) => reason)).size).toBeLessThanOrEqual(1);
        expect(plan.held.every(({ reason }) => reason === `${ownership}-object`)).toBe(true);
      }),
    );
  });

  test('an object that is offered is never made by us', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(
          request(all, { ownership: 'absent', target: { ...target, create: 'offered' } }),
        );
        expect([plan.changes, plan.create]).toEqual([[], false]);
        expect(plan.held.every(({ reason }) => reason === 'missing-object')).toBe(true);
      }),
    );
  });

  test('an object that is absent is made with its first member, and has nothing to remove', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(request(all, { ownership: 'absent' }));
        expect(plan.changes.filter(({ op }) => op === 'remove')).toEqual([]);
        expect(plan.changes.map(({ address }) => address).sort()).toEqual(
          all
            .filter(({ wanted }) => wanted)
            .map(addressOf)
            .sort(),
        );
        expect(plan.create).toBe(plan.changes.length > 0);
        expect(plan.counters.size).toBe(plan.changes.length);
      }),
    );
  });

  test('an object of a former tool is adopted with the first change, and is not made', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(request(all, { ownership: 'adoptable' }));
        expect([plan.create, plan.adopt]).toEqual([false, plan.changes.length > 0]);
      }),
    );
  });

  test('nothing is changed on an object that a former tool took back', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(request(all, { ownership: 'adoptable', wasOurs: true }));
        expect([plan.changes, plan.create, plan.adopt]).toEqual([[], false, false]);
        expect(plan.held.every(({ reason }) => reason === 'taken-back-object')).toBe(true);
      }),
    );
  });

  test.each([undefined, 'ours', 'offered', 'foreign', 'renamed', 'hand-renamed', 'absent'] as const)(
    'no other object is adopted (%s)',
    (ownership) => {
      fc.assert(
        fc.property(truths, fc.boolean(), (all, wasOurs) => {
          expect(planGroup(request(all, { ownership, wasOurs })).adopt).toBe(false);
        }),
      );
    },
  );

  test.each([undefined, 'ours', 'offered'] as const)(
    'an object that is known (%s) is not made again',
    (ownership) => {
      fc.assert(
        fc.property(truths, (all) => {
          expect(planGroup(request(all, { ownership })).create).toBe(false);
        }),
      );
    },
  );
});

describe('write modes', () => {
  test('observe changes nothing, not even on an object of somebody else', () => {
    fc.assert(
      fc.property(
        truths,
        fc.constantFrom(undefined, 'foreign', 'absent', 'renamed', 'adoptable'),
        (all, ownership) => {
          const plan = planGroup(request(all, { ownership, target: { ...target, mode: 'observe' } }));
          expect([plan.changes, plan.create, plan.adopt]).toEqual([[], false, false]);
          expect(plan.held.every(({ reason }) => reason === 'observe')).toBe(true);
        },
      ),
    );
  });

  test('add-only never removes', () => {
    fc.assert(
      fc.property(truths, (all) => {
        const plan = planGroup(request(all, { target: { ...target, mode: 'add-only' } }));
        expect(plan.changes.every(({ op }) => op === 'add')).toBe(true);
        expect(plan.held.every(({ reason }) => reason === 'add-only')).toBe(true);
      }),
    );
  });
});

describe('an address that a person took off', () => {
  const base: Truth = {
    index: 1,
    wanted: true,
    ledger: 'absent',
    there: false,
    counted: false,
    cause: 'watch',
    witnessed: true,
    moved: false,
    unverified: false,
    approved: false,
  };
  const endpoint = 'cluster/pod|a';

  test.each([
    ['stays out for that endpoint', { withheldFor: endpoint }, 'withheld', 0],
    ['comes back for another endpoint', { withheldFor: 'cluster/pod|b' }, undefined, 1],
    ['is forgotten when nobody wants it', { withheldFor: endpoint, wantedBy: undefined }, 'absent', 0],
    [
      'is not withheld while it is there',
      { withheldFor: endpoint, ledger: 'unknown' as const, readBack: true },
      'present',
      0,
    ],
  ])('%s', (_, more, settled, changes) => {
    const plan = planGroup({ ...request([base]), questions: [{ ...question(base), ...more }] });
    expect(plan.settled.map((entry) => entry.ledger)).toEqual(settled === undefined ? [] : [settled]);
    expect(plan.changes).toHaveLength(changes);
  });
});

test('an intent that did not happen gives back what it took of the allowance', () => {
  const question = (ledger: LedgerState, more: Partial<Question>): Question => ({
    key: 'web|default|10.0.0.1',
    address: '10.0.0.1',
    wantedBy: 'pod',
    cause: 'configuration',
    witnessed: false,
    moved: false,
    unverified: false,
    ledger,
    counted: true,
    approved: { add: false, remove: false },
    ...more,
  });
  const spent = { ...emptyCounters(0), size: 1, allowance: { generation: 1, add: 0, remove: 0 } };
  const planOf = (asked: Question): GroupPlan =>
    planGroup({
      group,
      target,
      questions: [asked],
      ownership: undefined,
      brakes: { counters: spent, generation: 1, firewallRemovalsLeft: 1 },
    });
  const again = planOf(question('pending', { readBack: false }));
  expect([again.changes.length, again.counters.allowance.add]).toEqual([1, 0]);
  const happened = planOf(question('pending', { readBack: true }));
  expect([happened.settled.length, happened.counters.allowance.add]).toEqual([1, 0]);
  const fresh = planOf(question('absent', { counted: false }));
  expect(fresh.held.map(({ reason }) => reason)).toEqual(['configuration-growth']);
});
