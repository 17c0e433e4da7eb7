import type { Mutant } from './mutant.ts';

const members = 'test/app/import-members.test.ts';
const traps = 'lib/imports/tigera/import.test.ts';
const rest = 'test/app/import-rest.test.ts';
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
    edits: [['? withoutValues(value) : value', '? { ...value } : value']],
    killers: [traps],
  },
  {
    name: 'import-of-a-part',
    breaks: 'a file that cannot be read is left out, and the rest imported',
    file: `${folder}/index.ts`,
    edits: [['if (problems.length > 0)', 'if (problems.length > 1_000)']],
    killers: [traps],
  },
  {
    name: 'import-silent-on-unknown',
    breaks: 'what nobody knows of the former tool is left out without a word',
    file: `${folder}/untold.ts`,
    edits: [['return places(inner, here).map(', 'return [].map(']],
    killers: [rest],
  },
  {
    name: 'import-silent-on-known',
    breaks: 'what is known to have no counterpart is left out without a word',
    file: `${folder}/untold.ts`,
    edits: [['one.reason === undefined || saysNothing(inner)', "one.reason !== ''"]],
    killers: [traps],
  },
  {
    name: 'import-silent-on-annotations',
    breaks: 'labels and annotations of the former tool are left out without a word',
    file: `${folder}/former-keys.ts`,
    edits: [['if (!words.test(key)) return taken;', "if (key !== '') return taken;"]],
    killers: [rest],
  },
  {
    name: 'import-raw-keys',
    breaks: 'keys of hostile objects are shown as they are',
    file: `${folder}/untold.ts`,
    edits: [['`[${quoted(key, longestKey)}]`', '`[${key}]`']],
    killers: [rest],
  },
  {
    name: 'import-any-config-map',
    breaks: 'an environment from a ConfigMap that was not read counts as read',
    file: `${folder}/workload.ts`,
    edits: [["=== setting && configMaps.has(textIn(reference, 'name'))", '=== setting']],
    killers: [traps],
  },
  {
    name: 'import-any-secret-key',
    breaks: 'keys of Secrets that no device names are left out without a word',
    file: `${folder}/known.ts`,
    edits: [['used.includes(key) ? taken', "key !== '' ? taken"]],
    killers: [traps],
  },
  {
    name: 'import-refused-is-empty',
    breaks: 'a kind that the cluster refuses to list counts as one without objects',
    file: 'lib/cli/commands/import.ts',
    edits: [['if (status === 403) unlisted', 'if (status === 404) unlisted']],
    killers: [command],
  },
];
