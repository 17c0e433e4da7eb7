import type { Mutant } from './mutant.ts';

const members = 'test/app/import-members.test.ts';
const traps = 'lib/imports/tigera/import.test.ts';
const command = 'test/app/import-command.test.ts';
const folder = 'lib/imports/tigera';

/** What the import of a former tool makes, and what it leaves out. */
export const ofImport: readonly Mutant[] = [
  {
    name: 'import-any-namespace',
    breaks: 'an imported group takes pods of any namespace',
    file: `${folder}/groups.ts`,
    edits: [['...(from.namespaces === undefined ?', "...(from.namespaces !== '' ?"]],
    killers: [members],
  },
  {
    name: 'import-without-accounts',
    breaks: 'what a policy says of service accounts is dropped',
    file: `${folder}/selectors.ts`,
    edits: [["if (account.is === 'all') return", "if (account.is !== 'global') return"]],
    killers: [members],
  },
  {
    name: 'import-approximates-accounts',
    breaks: 'labels of service accounts are taken for labels of pods',
    file: `${folder}/selectors.ts`,
    edits: [
      ['labelsOf(account).find((one) => one !== accountName)', "labelsOf(account).find((one) => one === '')"],
    ],
    killers: [traps],
  },
  {
    name: 'import-every-policy',
    breaks: 'policies that the controller does not map become groups',
    file: `${folder}/index.ts`,
    edits: [['selector.matches(policyLabels(policy))', "selector.text !== ''"]],
    killers: [members, traps],
  },
  {
    name: 'import-guesses-names',
    breaks: 'an object whose name depends on the release gets one of the two',
    file: `${folder}/policies.ts`,
    edits: [
      [
        'name.startsWith(`${tier}.`) ? name : undefined',
        'name.startsWith(`${tier}.`) ? name : `${tier}.${name}`',
      ],
    ],
    killers: [traps],
  },
  {
    name: 'import-writes-at-once',
    breaks: 'what is imported is written to the firewalls before anybody looked',
    file: `${folder}/groups.ts`,
    edits: [["mode: 'observe',", "mode: 'sync',"]],
    killers: [command],
  },
  {
    name: 'import-keeps-secrets',
    breaks: 'values of a Secret are held while the rest is read',
    file: `${folder}/objects.ts`,
    edits: [['isSecret ? { ...value, data: undefined } : value', 'isSecret ? { ...value } : value']],
    killers: [traps],
  },
  {
    name: 'import-of-a-part',
    breaks: 'a file that cannot be read is left out, and the rest imported',
    file: `${folder}/index.ts`,
    edits: [['if (problems.length > 0)', 'if (problems.length > 1_000)']],
    killers: [traps],
  },
];
