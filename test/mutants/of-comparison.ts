import type { Mutant } from './mutant.ts';

const races = 'test/app/races.test.ts';
const faults = 'test/app/faults.test.ts';
const overtaken = 'test/app/overtaken.test.ts';
const people = 'test/app/people.test.ts';
const lateWalk = 'test/app/late-walk.test.ts';
const group = 'lib/app/reconcile/reconcile-group.ts';

/** What a comparison believes of a listing. */
export const ofComparison: readonly Mutant[] = [
  {
    name: 'part-ends-alarm',
    breaks: 'a comparison that could not read a group says that nothing differs',
    file: 'lib/app/reconcile/reconcile-firewall.ts',
    edits: [['if (whole || drift > 0)', 'if (true)']],
    killers: ['test/app/unreadable-group.test.ts'],
  },
  {
    name: 'comparison-failures-untold',
    breaks: 'a comparison that fails for ever raises no alarm',
    file: 'lib/app/reconcile/reconcile-firewall.ts',
    edits: [['{ set, add: { failures: 1 } }', '{ set }']],
    killers: ['test/app/unreadable-group.test.ts'],
  },
  {
    name: 'stale-hold-stays',
    breaks: 'what was held when a group left a firewall is held for ever when it comes back',
    file: 'lib/app/reconcile/compare.ts',
    edits: [
      [
        "if (row.held) return isOver(row.held, there, wish) ? { kind: 'open', key } : undefined;",
        'if (row.held && !isOver(row.held, there, undefined)) return undefined;\n  if (row.held) return undefined;',
      ],
    ],
    killers: ['lib/app/reconcile/compare.test.ts'],
  },
  {
    name: 'held-is-not-there',
    breaks: 'what is on the device although its addition is held is not counted, and outlives its endpoint',
    file: 'lib/app/reconcile/compare.ts',
    edits: [["if (row.state === 'absent' && there)", "if (row.state === 'absent' && !row.held && there)"]],
    killers: ['test/app/refused-additions.test.ts'],
  },
  {
    name: 'one-group-stops-comparison',
    breaks: 'a group that cannot be listed keeps those after it from being compared',
    file: 'lib/app/reconcile/reconcile-firewall.ts',
    edits: [
      ["error.retry === 'never' && !refusesAll(error)", "error.retry === 'never' && refusesAll(error)"],
    ],
    killers: ['test/app/unreadable-group.test.ts'],
  },
  {
    name: 'refusal-asked-on',
    breaks: 'a device that refuses everything is asked about every group',
    file: 'lib/app/reconcile/reconcile-firewall.ts',
    edits: [
      [
        "return error.retry === 'never' && !refusesAll(error);",
        "return error.retry !== 'soon' || refusesAll(error);",
      ],
    ],
    killers: ['test/app/unreadable-group.test.ts'],
  },
  {
    name: 'unread-judged-before-walk',
    breaks: 'what nobody could read back is taken off although only a walk knows whether it is wanted',
    file: 'lib/app/reconcile/evaluated.ts',
    edits: [["row?.state === 'unknown' ||", "row?.state === 'pending' ||"]],
    killers: ['test/app/withdrawn-offer.test.ts'],
  },
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
  {
    name: 'lost-taken-for-removed',
    breaks: 'what another device lacks counts as taken off by a person',
    file: group,
    edits: [['sameDevice: request.sameDevice && ours,', 'sameDevice: request.sameDevice || ours,']],
    killers: [people, faults],
  },
  {
    name: 'restart-during-comparison',
    breaks: 'a device that restarted during the comparison counts as edited by a person',
    file: group,
    edits: [
      [
        "if (findings.some(({ kind }) => kind === 'removed-by-hand') && !(await stillSame()))",
        "if (findings.some(({ kind }) => kind === 'foreign') && !(await stillSame()))",
      ],
    ],
    killers: ['test/app/restart-meanwhile.test.ts'],
  },
  {
    name: 'finding-without-condition',
    breaks: 'a comparison overwrites what a run wrote meanwhile',
    file: group,
    edits: [['const unchanged = asListed(entry);', 'const unchanged = asListed(entry).slice(2);']],
    killers: [overtaken, races, people],
  },
  {
    name: 'foreign-removed-unasked',
    breaks: "a stranger's address is removed although it was only to be reported",
    file: group,
    edits: [
      [
        "kind !== 'foreign' || target.onForeignAdd === 'remove'",
        "kind !== 'foreign' || target.onForeignAdd !== undefined",
      ],
    ],
    killers: [people],
  },
  {
    name: 'unreleased-not-braked',
    breaks: 'a comparison adds without a brake what an apply did not come to release',
    file: group,
    edits: [['generation > 0 && generation < request.active.generation', 'generation < 0']],
    killers: [lateWalk],
  },
  {
    name: 'late-read-is-by-hand',
    breaks: 'what was put there a moment ago and is not shown yet counts as taken off by a person',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [['observed: asWritten(seen, rows, since),', 'observed: seen,']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'late-read-is-foreign',
    breaks: 'what was taken off a moment ago and is still shown counts as put there by a person',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [['({ findings } = sure);', '']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'doubted-for-ever',
    breaks: 'where something leaves all the time nobody sees what a person puts in',
    file: 'lib/app/reconcile/late-reads.ts',
    edits: [['&& seen(key) >= since', '']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'lost-object-is-late',
    breaks: 'what was put a moment ago into an object that is gone counts as there',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [
      ['madeLately(objectRow, since) ? since : Infinity', 'madeLately(objectRow, since) ? since : since'],
    ],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'late-object-is-missing',
    breaks: 'an object that was made a moment ago and is not shown yet is made again',
    file: 'lib/app/sync/pass.ts',
    edits: [['return madeLately(', 'return objectRow.madeAt < 0 && madeLately(']],
    killers: ['test/contract/late-reads.test.ts'],
  },
];
