import type { Mutant } from './mutant.ts';

const contract = 'test/contract/firewalls.test.ts';
const channels = 'lib/firewalls/shared/channels.ts';
const attempt = 'lib/firewalls/shared/attempt.ts';
const attemptTest = 'lib/firewalls/shared/attempt.test.ts';
const names = 'lib/firewalls/shared/names.ts';
const pinned = 'lib/firewalls/pinned-names.test.ts';
const namesTest = 'lib/firewalls/fortigate/names.test.ts';

/** What all vendors have in common, and how their answers are matched with what was asked. */
export const ofShared: readonly Mutant[] = [
  {
    name: 'report-by-order',
    breaks: 'the first report is taken for the first object, whatever it is about',
    file: 'lib/app/sync/pass.ts',
    edits: [
      [
        'busy.map((one) => [one.work, complete(one, reportOf(one.work.object), late.has(one))])',
        'busy.map((one, at) => [one.work, complete(one, reports[at] ?? reportOf(one.work.object), late.has(one))])',
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
  {
    name: 'names-collide',
    breaks: 'two groups get the same name on the device',
    file: names,
    edits: [
      [
        'if (plain.test(hub) && plain.test(group) && name.length <= longest) return name;',
        "if (plain.test(hub) && name.length <= longest) return name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');",
      ],
    ],
    killers: [namesTest],
  },
  {
    name: 'long-names-collide',
    breaks: 'long names of groups are cut and lose what tells them apart',
    file: names,
    edits: [['JSON.stringify(identity)', 'JSON.stringify(identity.map((one) => one.slice(0, 8)))']],
    killers: ['lib/firewalls/fortigate/long-names.test.ts'],
  },
  {
    name: 'names-changed',
    breaks: 'groups whose names do not fit get other names than those that rules in use refer to',
    file: names,
    edits: [["replaceAll(/[^a-z0-9]+/g, '-')", "replaceAll(/[^a-z0-9]/g, '-')"]],
    killers: [pinned],
  },
  {
    name: 'any-override-taken',
    breaks: 'a name that the configuration gives is used although the device does not take it',
    file: names,
    edits: [['alphabet.test(name) &&', '(alphabet.test(name) || longest > 0) &&']],
    killers: [namesTest],
  },
  {
    name: 'name-read-as-another-address',
    breaks: 'an object that a person made stands for an address because its name looks like one of ours',
    file: names,
    edits: [['return addressName(prefix, text) === name ? text : undefined;', 'return text;']],
    killers: [pinned],
  },
  {
    name: 'members-without-object',
    breaks: 'members are sent to an object that could not be made, which may be somebody else’s',
    file: attempt,
    edits: [
      ["return created === undefined || created.state === 'done';", "return created?.state !== 'unknown';"],
    ],
    killers: [attemptTest],
  },
  {
    name: 'no-address-sent',
    breaks: 'a text that is no address is sent, and may stay on the device without effect',
    file: attempt,
    edits: [['    parseAddress(text);\n', "    if (text === '') parseAddress(text);\n"]],
    killers: [attemptTest],
  },
  {
    name: 'silent-unit-written-to',
    breaks: 'a unit of a pair that does not say whether it is the active one is written to',
    file: 'lib/firewalls/shared/pair.ts',
    edits: [['role !== undefined || !this', 'role === undefined || !this']],
    killers: ['test/contract/pairs.test.ts'],
  },
  {
    name: 'other-unit-not-tried',
    breaks: 'a pair is given up when its first unit cannot be reached',
    file: 'lib/firewalls/shared/pair.ts',
    edits: [["'firewall/unreachable', 'firewall/standby-unit')) throw", "'firewall/standby-unit')) throw"]],
    killers: ['test/contract/pairs.test.ts'],
  },
  {
    name: 'carrier-must-be-active',
    breaks: 'a Panorama that only carries tags to a firewall has to say that it is the active one',
    file: 'lib/firewalls/panorama/schema.ts',
    edits: [['return targets === undefined;', 'return targets === undefined || true;']],
    killers: ['lib/firewalls/panorama/pair.test.ts'],
  },
];
