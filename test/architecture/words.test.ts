import { describe, expect, test } from 'vitest';
import { vendorSimulators } from '../../lib/firewalls/simulators.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { entriesOf, isTest, lookedAt, read, type Source, sourcesIn, withoutComments } from './sources.ts';

function found(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ path, text }) =>
    withoutComments(text)
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
}

const shipped = sourcesIn('bin', 'lib', 'lambdas', 'cluster-agent').filter((source) => !isTest(source));
const pure = shipped.filter(({ path }) => /^(lib\/core|lib\/app|cluster-agent\/lib)\//.test(path));

describe('time and chance are ports', () => {
  test.each([
    ['timers', /\bset(Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b|timers\/promises/],
    ['the clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/],
    ['chance', /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/],
    ['the network', /\bfetch\(|node:(net|http|https|tls|dns)/],
  ])('no %s in core, app and agent logic', (_, pattern) => {
    lookedAt('files', pure.length);
    expect(found(pure, pattern)).toEqual([]);
  });

  test('core knows no date and no process at all', () => {
    const core = pure.filter(({ path }) => path.startsWith('lib/core/'));
    lookedAt('files of core', core.length);
    expect(found(core, /\bDate\b|\bprocess\.|\bBuffer\b|\bconsole\b/)).toEqual([]);
  });

  test('the environment is read in the composition alone', () => {
    const app = pure.filter(({ path }) => !path.startsWith('lib/app/compose'));
    lookedAt('files', app.length);
    expect(found(app, /\bprocess\./)).toEqual([]);
  });
});

describe('vendors stay in their folders', () => {
  test('the folders are the registry', () => {
    const folders = entriesOf('lib/firewalls', 'folders').filter((name) => name !== 'shared');
    lookedAt('vendors', folders.length);
    expect(Object.keys(firewallModules).sort()).toEqual(folders);
  });

  test('every vendor ships a simulator', () => {
    expect(vendorSimulators.map(({ kind }) => kind).sort()).toEqual(Object.keys(firewallModules).sort());
  });

  test('no word of a vendor outside of its folder, the imports, the commands and the sandbox', () => {
    const names = [
      ...Object.keys(firewallModules),
      'fortios',
      'fortimanager',
      'fortinet',
      'pan-?os',
      'palo ?alto',
      'cisco',
      'fmc',
    ];
    const outside = shipped.filter(({ path }) => !/^lib\/(firewalls|imports|sandbox|cli)\//.test(path));
    lookedAt('files outside of the vendors', outside.length);
    expect(found(outside, new RegExp(names.join('|'), 'i'))).toEqual([]);
  });
});

describe('TLS is verified', () => {
  test('nobody switches it off, not even a test', () => {
    const all = sourcesIn('bin', 'lib', 'lambdas', 'cluster-agent', 'scripts', 'test');
    lookedAt('files', all.length);
    // The brackets keep this line from finding itself.
    const switches =
      /reject[U]nauthorized(?!: true,)|NODE_TLS_REJECT[_]UNAUTHORIZED|checkServer[I]dentity: \(\) =>/;
    expect(found(all, switches)).toEqual([]);
  });
});

describe('lists that must agree', () => {
  test('every command has its file and its line', () => {
    const files = entriesOf('lib/cli/commands', 'files')
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => name.replace(/\.ts$/, ''));
    lookedAt('commands', files.length);
    const list = read('lib/cli/commands.ts').text;
    const imported = [...list.matchAll(/'\.\/commands\/([a-z-]+)\.ts'/g)].map((match) => match[1] ?? '');
    expect([...imported].sort()).toEqual([...files].sort());
    const named = [...list.matchAll(/import \{ (\w+) \}/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => list.split(name).length < 3)).toEqual([]);
  });

  test('every use case with a function is deployed, and every deployed one exists', () => {
    const folders = entriesOf('lambdas', 'folders');
    lookedAt('functions', folders.length);
    const stacks = sourcesIn('lib/cdk').filter((source) => !isTest(source));
    const deployed = folders.filter((name) => stacks.some(({ text }) => text.includes(`'${name}'`)));
    expect(deployed).toEqual(folders);
    const useCases = stacks.flatMap(({ text }) =>
      [...text.matchAll(/useCase: '([a-z-]+)'/g)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(useCases)].sort()).toEqual(folders);
  });
});
