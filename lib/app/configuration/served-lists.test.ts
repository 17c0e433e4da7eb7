import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { load, problemsOf } from './test-document.ts';

const example = readFileSync(
  new URL('../../../examples/pull-lists/zonebridge.yaml', import.meta.url),
  'utf8',
);

/** A second entry behind the first, with some of its text changed. */
function twice(...edits: [string, string][]): string {
  const [before = '', rest = ''] = example.split('  branches:\n');
  const [entry = ''] = rest.split('\ngroups:');
  const second = edits.reduce((text, [from, to]) => text.replace(from, to), entry);
  return `${before}  branches:\n${entry}\n  others:\n${second}\ngroups:${example.split('\ngroups:')[1] ?? ''}`;
}

async function told(text: string): Promise<string> {
  const problems = await problemsOf(text);
  return problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
}

test('each entry has a bucket and a name of its own', async () => {
  const same = await told(twice());
  expect(same).toMatch(/firewalls\.others\.bucket: acme-zonebridge-branches is that of branches already/);
  expect(same).toMatch(/firewalls\.others\.hostName: lists\.fw\.example\.com is that of branches already/);
  const own = twice(['acme-zonebridge-branches', 'acme-others'], ['lists.fw', 'others.fw']);
  expect(Object.keys((await load(own)).configuration.firewalls)).toEqual(['branches', 'others']);
});

test.each([
  [
    'region: eu-central-1\n    hostName',
    'region: eu-west-1\n    hostName',
    /branches\.region: the bucket lies where the hub is, in eu-central-1/,
  ],
  ['acm:eu-central-1', 'acm:us-east-1', /branches\.certificateArn: .*its own Region alone/],
  ['availabilityZone: eu-central-1b', 'availabilityZone: eu-central-1a', /branches\.network: .*needs two/],
])('%s -> %s is refused', async (from, to, message) => {
  expect(example).toContain(from);
  expect(await told(example.replace(from, to))).toMatch(message);
});

test('who lets pods wait for firewalls that fetch is told that the gate opens before', async () => {
  const { warnings } = await load(example.replace('cell: a }', 'cell: a, gates: { checkout: {} } }'));
  expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toContainEqual(
    expect.stringMatching(
      /^clusters\.\w+\.gates: open before branches acts on \S+: its members act there only after the next fetch of each firewall$/,
    ),
  );
  expect((await load(example)).warnings.filter(({ path }) => path?.endsWith('gates'))).toEqual([]);
});
