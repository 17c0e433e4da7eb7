import type { Mutant } from './mutant.ts';

const table = 'lib/core/network/translation.test.ts';
const reports = 'test/hostile/network-reports.test.ts';
const policies = 'lib/core/network/egress-policy.test.ts';

/** What is said of the addresses that firewalls see. */
export const ofNetwork: readonly Mutant[] = [
  {
    name: 'unread-part-counts-as-absent',
    breaks: 'a setting that the agent may not read is taken for one that is not there',
    file: 'lib/core/network/translation.ts',
    edits: [['part === wanted);\n}', "part === wanted && wanted === 'ip-masq-agent');\n}"]],
    killers: [table],
  },
  {
    name: 'excluded-range-by-overlap',
    breaks: 'a destination counts as excepted when only a part of it is',
    file: 'lib/core/network/sight.ts',
    edits: [
      ['if (holdsPrefix(kept, target))', 'if (holdsPrefix(kept, target) || rangesOverlap(kept, range))'],
    ],
    killers: [table],
  },
  {
    name: 'older-network-report-taken',
    breaks: 'a late report of the network overwrites a newer one',
    file: 'lib/app/state/told.ts',
    edits: [['  if (!isNewer) return;', '  if (!isNewer && number === 0) return;']],
    killers: [reports],
  },
  {
    name: 'failed-look-told',
    breaks: 'what the agent could not read because of a failure is told as not there',
    file: 'cluster-agent/lib/network-report.ts',
    edits: [
      [
        'const answer = await documents.read(path);',
        "const answer = await documents.read(path).catch(() => 'absent' as const);",
      ],
    ],
    killers: ['cluster-agent/lib/network-reporter.test.ts'],
  },
  {
    name: 'policy-keeps-out-the-group',
    breaks: 'the egress policy selects the pods of the group instead of all others',
    file: 'lib/core/network/egress-policy.ts',
    edits: [['`${pods} && !(${select.text})`', '`${pods} && (${select.text})`']],
    killers: [policies],
  },
  {
    name: 'not-routed-untold',
    breaks: 'nobody is told that the network routes to no pod',
    file: 'lib/core/network/sight.ts',
    edits: [["known.network.routable === 'no'", "known.network.routable === 'yes'"]],
    killers: ['lib/core/network/translation.test.ts', 'test/app/addresses.test.ts'],
  },
];
