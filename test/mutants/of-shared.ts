import type { Mutant } from './mutant.ts';

const contract = 'test/contract/firewalls.test.ts';
const channels = 'lib/firewalls/shared/channels.ts';

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
  {
    name: 'reports-by-channel',
    breaks: 'reports come channel by channel, not in the order of the changes',
    file: channels,
    edits: [['changes.flatMap((change) => reports.get(change) ?? [])', '[...reports.values()]']],
    killers: [contract],
  },
  {
    name: 'unknown-channel-taken',
    breaks: 'a channel that a vendor does not have is looked up among what every object has',
    file: channels,
    edits: [['Object.hasOwn(channels, name) ? channels[name] : undefined', 'channels[name]']],
    killers: [contract],
  },
];
