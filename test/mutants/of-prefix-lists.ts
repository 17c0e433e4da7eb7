import type { Mutant } from './mutant.ts';

const entries = 'lib/firewalls/aws-prefix-list/entries.test.ts';
const folder = 'lib/firewalls/aws-prefix-list';

/** What is said to AWS about prefix lists, and what of its answers is believed. */
export const ofPrefixLists: readonly Mutant[] = [
  {
    name: 'sibling-of-somebody-else',
    breaks:
      'an IPv6 address counts as enforced because it is in a list of somebody else that has the name of ours',
    file: `${folder}/entries.ts`,
    edits: [['family === 4 || this.#lists.isFor(object, list)', 'family === 4 || this.#lists !== undefined']],
    killers: [entries],
  },
  {
    name: 'version-not-told',
    breaks: 'a prefix list is changed whatever somebody else made of it meanwhile',
    file: `${folder}/ec2.ts`,
    edits: [['      CurrentVersion: version,\n      AddEntries', '      AddEntries']],
    killers: [entries],
  },
  {
    name: 'old-answer-ends-change',
    breaks: 'an answer from before a change counts as its end',
    file: `${folder}/modifier.ts`,
    edits: [['({ version }) => version > list.version', '({ version }) => version > 0']],
    killers: [entries],
  },
  {
    name: 'offered-list-resized',
    breaks: 'a list that is only offered is resized, which its users pay for',
    file: `${folder}/modifier.ts`,
    edits: [["object.create === 'offered' || size", 'size']],
    killers: [entries],
  },
  {
    name: 'removals-wait-for-room',
    breaks: 'what has to leave a full list waits until there is room for what comes',
    file: `${folder}/modifier.ts`,
    edits: [['      remove.length === 0\n', '      remove.length >= 0\n']],
    killers: [entries],
  },
  {
    name: 'ipam-list-taken',
    breaks: 'a list that IPAM fills is taken for ours by its tag',
    file: `${folder}/prefix-list.ts`,
    edits: [["=== true ? '' : commentOf(tags)", '=== true ? commentOf(tags) : commentOf(tags)']],
    killers: [entries],
  },
  {
    name: 'one-of-two-lists',
    breaks: 'of two lists with our mark the first is taken without a word',
    file: `${folder}/lists.ts`,
    edits: [['if (marked.length < 2)', 'if (marked.length < 3)']],
    killers: [entries],
  },
  {
    name: 'second-list-made',
    breaks: 'a creation whose reply was lost makes a second list',
    file: `${folder}/lists.ts`,
    edits: [['Math.floor(this.#clock.now() / tokenMs)', 'this.#clock.now() / tokenMs']],
    killers: [entries],
  },
  {
    name: 'list-in-other-account',
    breaks: 'a list in another account than the configured one is kept',
    file: `${folder}/lists.ts`,
    edits: [['if (made.owner !== account)', "if (made.owner === '')"]],
    killers: [entries],
  },
  {
    name: 'session-token-shown',
    breaks: 'the session token of the role shows in errors when AWS repeats it',
    file: `${folder}/handler.ts`,
    edits: [["['x-amz-security-token', 'authorization']", "['authorization']"]],
    killers: [entries],
  },
  {
    name: 'ec2-reason-shown-raw',
    breaks: 'the code of an error moves the cursor of whoever reads it',
    file: 'lib/firewalls/aws-prefix-list/errors.ts',
    edits: [['${printable(reason)}: ', '${reason}: ']],
    killers: ['test/hostile/every-vendor.test.ts'],
  },
];
