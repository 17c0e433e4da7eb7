import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const project = join(import.meta.dirname, '..', '..');

function run(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/mutants/main.ts', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, errors: stderr, lines: stdout.trimEnd().split('\n') };
}

/** The project, where a test that notices nothing is said to notice the first of two mutants. */
function withOneThatSurvives(first: string, others: readonly string[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'zonebridge-survivor-'));
  for (const path of others) {
    mkdirSync(join(copy, path, '..'), { recursive: true });
    cpSync(join(project, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  const file = join(copy, 'test/mutants/of-sync.ts');
  const source = readFileSync(file, 'utf8');
  const at = source.indexOf(`name: '${first}'`);
  const blind = source
    .slice(at)
    .replace(/killers: \[[^\]]*\]/, "killers: ['lib/core/model/calendar.test.ts']");
  writeFileSync(file, source.slice(0, at) + blind);
  return copy;
}

const parts = ['lib', 'cluster-agent', 'lambdas', 'test', 'scripts', 'bin', 'examples', 'docs'];
const files = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'README.md'];

test('a mutant that survives is named and ends the command with 1; --json gives one object last', {
  timeout: 180_000,
}, () => {
  const copy = withOneThatSurvives('held-forgets-whose', [...parts, ...files]);
  try {
    const chosen = ['--only', 'held-forgets-whose', '--only', 'older-ledger-not-noted'];
    const { status, lines } = run(copy, ...chosen, '--jobs', '1', '--json');
    expect(lines.slice(0, 2).sort()).toEqual([
      expect.stringMatching(/^killed +older-ledger-not-noted .* by test\/app\/ledger-put-back\.test\.ts: /),
      expect.stringMatching(/^survived held-forgets-whose /),
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ ok: false, killed: 1, mutants: [{}, {}] });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test('--list names all and breaks nothing', () => {
  const { status, lines } = run(project, '--list');
  expect(status).toBe(0);
  expect(lines.length).toBeGreaterThan(400);
});

test.each([['--only', 'no-such-mutant'], ['--jobs', '0'], ['--jobs=-1'], ['--nothing']])(
  'wrong usage ends with 2: %s',
  (...args) => {
    const { status, errors } = run(project, ...args);
    expect(status).toBe(2);
    expect(errors).toMatch('npm run mutants [-- --only NAME]');
    expect(errors).not.toMatch('    at ');
  },
);
