import type { Mutant } from './mutant.ts';

/** What a comparison believes of a listing. */
export const ofComparison: readonly Mutant[] = [
  {
    name: 'listing-believed',
    breaks: 'a member that a listing missed counts as taken off by a person',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [['findings = await confirmed(open.connection, object, findings);', '']],
    killers: ['test/app/people.test.ts'],
  },
  {
    name: 'untold-counts-as-gone',
    breaks: 'a member of which the firewall cannot tell yet counts as taken off by a person',
    file: 'lib/app/reconcile/confirm.ts',
    edits: [['there.get(addressOf(one)) === false', 'there.get(addressOf(one)) !== true']],
    killers: ['test/app/people.test.ts'],
  },
];
