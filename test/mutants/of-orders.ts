import type { Mutant } from './mutant.ts';

const approve = 'test/app/approvals.test.ts';
const commands = 'test/app/orders-commands.test.ts';
const authors = 'test/app/authors.test.ts';
const freezes = 'test/app/freeze.test.ts';
const answers = 'test/app/operator-answers.test.ts';
const slipping = 'test/app/slipping.test.ts';

/** What persons order and decide. */
export const ofOrders: readonly Mutant[] = [
  {
    name: 'outbox-without-room',
    breaks: 'announcements pile up in one row until DynamoDB refuses it, and orders fail with it',
    file: 'lib/app/state/announcements.ts',
    edits: [["if: [{ attribute: 'bytes', is: 'absent or <', value: bytes }],", '']],
    killers: ['test/app/full-outbox.test.ts'],
  },
  {
    name: 'hold-untold',
    breaks: 'what is held while no announcement finds room is never told',
    file: 'lib/app/sweep/sweep-held.ts',
    edits: [
      ['revision: told ? revision : unseen,', 'revision,'],
      ['const due = (minute + spread(`${firewall}|${group}`)) % everyMinutes === 0;', 'const due = false;'],
    ],
    killers: ['test/app/full-outbox.test.ts'],
  },
  {
    name: 'restored-tells-all',
    breaks: 'an event lists every address that came back, and is more than the bus takes',
    file: 'lib/app/commands/restore.ts',
    edits: [['addresses: addresses.slice(0, toldMax),', 'addresses,']],
    killers: ['test/app/full-outbox.test.ts'],
  },
  {
    name: 'decision-over-approval',
    breaks: 'a rejection is written over an approval that came first',
    file: 'lib/app/state/ledger.ts',
    edits: [["same('approvalId', approved?.id)", "...(approved ? [same('approvalId', approved.id)] : [])"]],
    killers: [approve],
  },
  {
    name: 'decision-over-rejection',
    breaks: 'an approval is written over a rejection that came first',
    file: 'lib/app/state/ledger.ts',
    edits: [
      ["same('rejectedBy', rejected?.by)", "...(rejected ? [same('rejectedBy', rejected.by)] : [])"],
      ["same('rejectedAt', rejected?.at)", "...(rejected ? [same('rejectedAt', rejected.at)] : [])"],
    ],
    killers: [approve],
  },
  {
    name: 'apply-forgets-the-window',
    breaks: 'one apply after the other may take what a brake allows in a window',
    file: 'lib/core/plan/brakes.ts',
    edits: [
      ['const begins = [size, sizeAtStart];', 'const begins = [size, sizeAtStart - sizeAtStart + size];'],
    ],
    killers: [slipping],
  },
  {
    name: 'full-group-swapped',
    breaks: 'additions for which there is no room make up for removals',
    file: 'lib/core/plan/brakes.ts',
    edits: [['size + Math.min(fits, add) - remove', 'size + Math.max(fits, add) - remove']],
    killers: [slipping],
  },
  {
    name: 'firewall-emptied-by-group',
    breaks: 'a configuration takes many small groups off a firewall past the brake of the whole',
    file: 'lib/app/commands/plan-together.ts',
    edits: [['if (losing < 2 ||', 'if (losing > 1 ||']],
    killers: [slipping],
  },
  {
    name: 'firewall-emptied-by-apply',
    breaks: 'what earlier applies took of a firewall in the window is forgotten',
    file: 'lib/app/commands/plan-together.ts',
    edits: [['...(totals ? [totals] : [])', '...(totals ? [] : [])']],
    killers: [slipping],
  },
  {
    name: 'author-of-the-last-apply',
    breaks:
      'who applied the generation that caused a change releases it after somebody else applied another one',
    file: 'lib/app/commands/check-decision.ts',
    edits: [['askedIn ?? active.generation', '(askedIn ?? 0) * 0 + active.generation']],
    killers: [authors],
  },
  {
    name: 'author-of-the-overtaken',
    breaks: 'a generation that was not carried out yet when the next one came has no author',
    file: 'lib/app/commands/authors.ts',
    edits: [['applied?.overUnfinished && generation > 0', 'applied?.overUnfinished && generation < 0']],
    killers: [authors],
  },
  {
    name: 'author-of-what-left',
    breaks: 'who gave a group up takes it off after somebody else applied something',
    file: 'lib/app/commands/authors.ts',
    edits: [['if (!before || before.at < since) break;', 'if (!before || before.at > since) break;']],
    killers: [authors],
  },
  {
    name: 'approval-breaks-freezes',
    breaks: 'an approval from before a freeze is carried out in it',
    file: 'lib/app/sync/questions.ts',
    edits: [['heedsFreeze: decided.by?.inFreeze !== true', 'heedsFreeze: decided.by === undefined']],
    killers: [freezes],
  },
  {
    name: 'answer-breaks-freezes',
    breaks: 'a ticket system that was asked before a freeze releases what it holds',
    file: 'lib/app/commands/answer-approval.ts',
    edits: [["|| reason !== 'frozen'", '|| reason.length > 0']],
    killers: ['test/app/answers.test.ts'],
  },
  {
    name: 'silence-breaks-freezes',
    breaks: 'a silent cluster has living addresses taken off in a freeze',
    file: 'lib/core/plan/plan.ts',
    edits: [['question.heedsFreeze === true || !question.approved[op]', 'question.heedsFreeze === true']],
    killers: ['lib/core/plan/freeze.test.ts'],
  },
  {
    name: 'prefix-for-an-address',
    breaks: 'a prefix that a person asks for or quarantines counts as its first address',
    file: 'lib/core/model/address.ts',
    edits: [['length === undefined || Number(length) === ', 'length !== base || Number(length) === ']],
    killers: ['lib/core/model/address.test.ts'],
  },
  {
    name: 'left-forgotten-by-history',
    breaks: 'what a group left on a firewall was on none, says the history',
    file: 'lib/app/commands/history/at.ts',
    edits: [['[...left, ...later.map(named)]', '[...left.slice(left.length), ...later.map(named)]']],
    killers: [answers],
  },
  {
    name: 'left-not-explained',
    breaks: 'an address that a group left on a firewall is known on none',
    file: 'lib/app/commands/explain.ts',
    edits: [["row.state === 'absent' ? []", "row.state !== 'unknown' ? []"]],
    killers: [answers],
  },
  {
    name: 'name-of-somebody-else',
    breaks: 'a name that AWS did not give is recorded like one that it gave',
    file: 'lib/app/person.ts',
    edits: [['return `${name} (not confirmed by AWS)`;', 'return name;']],
    killers: [answers],
  },
  {
    name: 'quarantine-of-the-failing',
    breaks: 'a quarantine on a firewall that fails looks done',
    file: 'lib/app/orders/quarantine-limits.ts',
    edits: [["trouble.failures > 0 ? 'failing'", "trouble.failures < 0 ? 'failing'"]],
    killers: [answers],
  },
  {
    name: 'object-taken-over',
    breaks: 'a group may keep the object that another one leaves',
    file: 'lib/app/commands/taken-objects.ts',
    edits: [['if (keeper === undefined) continue;', 'if (keeper !== group) continue;']],
    killers: [slipping],
  },
  {
    name: 'object-retired-under-another',
    breaks: 'what a group left is taken off although another group keeps it',
    file: 'lib/app/sync/retire.ts',
    edits: [['if (keeper !== undefined)', 'if (keeper === row.channel)']],
    killers: [slipping],
  },
  {
    name: 'name-of-ones-own',
    breaks: 'a session whose name its user chose is another person',
    file: 'lib/app/person.ts',
    edits: [['!federatedUser.test(principal)', '(principal as string) !== federatedUser.source']],
    killers: ['lib/app/person.test.ts', authors],
  },
  {
    name: 'retired-in-a-freeze',
    breaks: 'what a group left is taken off during a freeze',
    file: 'lib/app/sync/retire.ts',
    edits: [['if (!closed) return undefined;', 'if (!closed?.strict) return undefined;']],
    killers: [slipping],
  },
  {
    name: 'hub-guessed',
    breaks: 'an order takes the first of two hub sections',
    file: 'lib/app/configuration/load-hub.ts',
    edits: [['|| another ||', '|| (another?.problems.length ?? 0) > 0 ||']],
    killers: [commands],
  },
  {
    name: 'nobody-quarantined',
    breaks: 'addresses that no workload has can be quarantined',
    file: 'lib/app/commands/quarantine.ts',
    edits: [['  workloadAddress(address);', "  if (address === '') workloadAddress(address);"]],
    killers: [commands],
  },
  {
    name: 'unseen-taken-for-new',
    breaks: 'a group that left and came back while its firewall cannot be looked at is filled as a new one',
    file: 'lib/app/commands/plan-group.ts',
    edits: [['if (live === undefined && row.madeAt > 0) return false;', '']],
    killers: ['test/app/slipping.test.ts'],
  },
];
