import type { Mutant } from './mutant.ts';

const brakes = 'lib/core/plan/brakes.ts';
const plan = 'lib/core/plan/plan.ts';
const brakesTest = 'lib/core/plan/brakes.test.ts';
const planTest = 'lib/core/plan/plan.test.ts';
const holdChecksTest = 'lib/core/plan/hold-checks.test.ts';
const ownershipTest = 'lib/core/plan/ownership.test.ts';
const people = 'test/app/people.test.ts';

/** Decisions: ownership, difference, brakes. */
export const ofPlan: readonly Mutant[] = [
  {
    name: 'lost-ledger-begins-empty',
    breaks:
      'a group whose ledger was lost counts as one that began empty, and may lose everything in that window',
    file: 'lib/core/plan/brakes.ts',
    edits: [['if (isRecovered(change)) state.sizeAtStart += 1;', '']],
    killers: ['test/app/lost-ledger.test.ts'],
  },
  {
    name: 'mark-skipped',
    breaks: "an object with another object's mark counts as ours",
    file: 'lib/core/plan/ownership.ts',
    edits: [
      [
        "carries(observed.comment, mark(expected.identity))) return 'ours'",
        "observed.comment.includes(mark(expected.identity).slice(0, 16))) return 'ours'",
      ],
    ],
    killers: [ownershipTest],
  },
  {
    name: 'mark-without-scope',
    breaks: 'the mark is the same in another VDOM',
    file: 'lib/core/plan/ownership.ts',
    edits: [
      [
        'JSON.stringify([hub, firewall, scope, object])',
        'JSON.stringify([hub, firewall, scope.length < 0, object])',
      ],
    ],
    killers: [ownershipTest],
  },
  {
    name: 'offer-by-part',
    breaks: 'an offer for another group counts when its name begins alike',
    file: 'lib/core/plan/ownership.ts',
    edits: [
      [
        "carries(observed.comment, offer(expected.group)) ? 'offered'",
        "observed.comment.includes(offer(expected.group)) ? 'offered'",
      ],
    ],
    killers: [ownershipTest],
  },
  {
    name: 'foreign-object-written',
    breaks: 'an object that somebody else made is written to',
    file: plan,
    edits: [
      [
        "if (ownership === 'foreign') return 'foreign-object';",
        "if (ownership === 'foreign' && target.mode === 'observe') return 'foreign-object';",
      ],
    ],
    killers: [planTest, people],
  },
  {
    name: 'observe-writes',
    breaks: 'a group that is only observed is written',
    file: plan,
    edits: [
      [
        "if (target.mode === 'observe') return 'observe';",
        "if (target.mode === 'observe' && change.op === 'remove') return 'observe';",
      ],
    ],
    killers: [planTest],
  },
  {
    name: 'add-only-removes',
    breaks: 'a group that only grows loses members',
    file: plan,
    edits: [
      [
        "target.mode === 'add-only' && change.op === 'remove'",
        "target.mode === 'add-only' && change.op === 'add'",
      ],
    ],
    killers: [planTest],
  },
  {
    name: 'withheld-ignored',
    breaks: 'what a person took off comes back by itself',
    file: plan,
    edits: [['question.withheldFor === question.wantedBy;', "question.withheldFor === '';"]],
    killers: [planTest, people],
  },
  {
    name: 'withheld-for-all',
    breaks: 'what was taken off for one endpoint stays out for another with the same address',
    file: plan,
    edits: [
      [
        'question.withheldFor !== undefined && question.withheldFor === question.wantedBy;',
        'question.withheldFor !== undefined;',
      ],
    ],
    killers: [planTest, people],
  },
  {
    name: 'read-back-ignored',
    breaks: 'an open change counts as done, whatever the device says',
    file: plan,
    edits: [['return uncertain ? question.readBack === true :', 'return uncertain ? question.counted :']],
    killers: [planTest, 'test/app/faults.test.ts'],
  },
  {
    name: 'lost-object-full',
    breaks: 'an object that is gone is taken to have its members',
    file: plan,
    edits: [
      [
        "const request = asked.ownership === 'absent' ? withoutObject(asked) : asked;",
        "const request = asked.ownership === 'foreign' ? withoutObject(asked) : asked;",
      ],
    ],
    killers: [planTest, people],
  },
  {
    name: 'freeze-ignored',
    breaks: 'additions flow during a change freeze',
    file: plan,
    edits: [
      [
        "(change.witnessed || change.moved) ? undefined : 'frozen'",
        "(change.witnessed || change.moved) ? undefined : change.op === 'add' ? undefined : 'frozen'",
      ],
    ],
    killers: ['lib/core/plan/freeze.test.ts'],
  },
  {
    name: 'shrink-off-by-one',
    breaks: 'one removal more than the brake allows',
    file: brakes,
    edits: [['if (loss > limit(context.settings.shrink', 'if (loss - 1 > limit(context.settings.shrink']],
    killers: [brakesTest],
  },
  {
    name: 'growth-off-by-one',
    breaks: 'one addition more than the brake allows',
    file: brakes,
    edits: [
      ['return growth > limit(context.settings.growth', 'return growth - 1 > limit(context.settings.growth'],
    ],
    killers: [brakesTest],
  },
  {
    name: 'members-off-by-one',
    breaks: 'one member more than maxMembers',
    file: brakes,
    edits: [['state.size + 1 > context.maxMembers', 'state.size > context.maxMembers']],
    killers: [brakesTest, planTest],
  },
  {
    name: 'window-not-rolled',
    breaks: 'the window of the brakes never ends',
    file: brakes,
    edits: [['< windowMinutes * 60_000) return counters;', '< windowMinutes * 60_000_000) return counters;']],
    killers: [brakesTest],
  },
  {
    name: 'older-allowance-used',
    breaks: 'what an earlier apply released is used for a later one',
    file: brakes,
    edits: [
      [
        'return generation >= (by.releasedSince ?? by.generation) &&',
        'return generation >= (by.releasedSince ?? 0) &&',
      ],
    ],
    killers: [brakesTest],
  },
  {
    name: 'moved-removal-held',
    breaks: 'an address that belongs to somebody else now waits for a person',
    file: brakes,
    edits: [
      [
        'return moved || approved || quarantined === true;',
        'return (moved && approved) || approved || quarantined === true;',
      ],
    ],
    killers: [brakesTest, planTest],
  },
  {
    name: 'last-member-goes',
    breaks: 'a removal that nobody saw empties a group',
    file: brakes,
    edits: [['!change.witnessed && state.size - 1 <= 0', '!change.witnessed && state.size - 1 < 0']],
    killers: [brakesTest],
  },
  {
    name: 'additions-trusted',
    breaks: 'the last member that nobody saw leave goes with additions that the device may refuse',
    file: brakes,
    edits: [
      ['isInferred(change) && state.size - added <= 1', 'isInferred(change) && state.size - added < 1'],
    ],
    killers: [brakesTest, 'test/app/refused-additions.test.ts'],
  },
  {
    name: 'unverified-trusted',
    breaks: 'a removal flows from a shard that is not verified',
    file: plan,
    edits: [['return unverified && !witnessed ?', 'return unverified && witnessed ?']],
    killers: [holdChecksTest, planTest],
  },
  {
    name: 'rejection-hides-unverified',
    breaks: 'who takes a rejection back releases a removal that is not verified',
    file: plan,
    edits: [
      [
        '      unverifiedHold(change) ??\n      freezeHold(change, request) ??\n      rejectedHold(change)',
        '      freezeHold(change, request) ??\n      rejectedHold(change) ??\n      unverifiedHold(change)',
      ],
    ],
    killers: [holdChecksTest],
  },
  {
    name: 'firewall-off-by-one',
    breaks: 'one removal more than the firewall as a whole allows',
    file: brakes,
    edits: [
      [
        "context.firewallRemovalsLeft <= 0 ? 'firewall-shrink'",
        "context.firewallRemovalsLeft < 0 ? 'firewall-shrink'",
      ],
    ],
    killers: [brakesTest],
  },
  {
    name: 'ceiling-ignored',
    breaks: 'a channel that writes configuration has no ceiling',
    file: brakes,
    edits: [
      [
        'writesSoFar(state, context) >= ceiling.writesPerHour',
        'writesSoFar(state, context) > ceiling.writesPerHour + 1e9',
      ],
    ],
    killers: [people],
  },
  {
    name: 'inferred-judged-early',
    breaks: 'a removal that was only inferred counts members that leave beside it',
    file: 'lib/core/plan/brakes.ts',
    edits: [
      [
        '[...braked.filter((one) => !isInferred(one)), ...inferred]',
        '[...inferred, ...braked.filter((one) => !isInferred(one))]',
      ],
    ],
    killers: ['lib/core/plan/brakes.test.ts'],
  },
  {
    name: 'window-begins-with-phantoms',
    breaks: 'what was written down before the window and never came counts as there when it began',
    file: 'lib/core/plan/plan.ts',
    edits: [['counters.sizeAtStart + sign *', 'counters.sizeAtStart + 0 *']],
    killers: ['lib/core/plan/corrections.test.ts'],
  },
  {
    name: 'firewall-begins-with-phantoms',
    breaks: 'removals that never came count as gone when the window of a firewall began',
    file: 'lib/app/sync/pass.ts',
    edits: [['totals.sizeAtStart += correctionAtStart', 'totals.sizeAtStart += 0 * correctionAtStart']],
    killers: ['test/app/phantom-window.test.ts'],
  },
];
