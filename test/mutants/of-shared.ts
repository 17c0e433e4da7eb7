import type { Mutant } from './mutant.ts';

/** What all vendors have in common, and how their answers are matched with what was asked. */
export const ofShared: readonly Mutant[] = [
  {
    name: 'report-by-order',
    breaks: 'the first report is taken for the first object, whatever it is about',
    file: 'lib/app/sync/pass.ts',
    edits: [
      [
        'busy.map((one) => [one.work, complete(one, reportOf(one.work.object))])',
        'busy.map((one, at) => [one.work, complete(one, reports[at] ?? reportOf(one.work.object))])',
      ],
    ],
    killers: ['test/app/report-order.test.ts'],
  },
];
