import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mutants } from '../mutants/index.ts';
import { mutate } from '../mutants/mutant.ts';

const project = join(import.meta.dirname, '..', '..');
let copy = '';

/** The command in a copy of the product that writes to a firewall although it is paused. */
function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/simulation/main.ts', ...args], {
    cwd: copy,
    encoding: 'utf8',
  });
  return { status, errors: stderr, lines: stdout.trimEnd().split('\n') };
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'zonebridge-failing-seed-'));
  for (const path of ['lib', 'cluster-agent', 'test', 'package.json', 'tsconfig.json'])
    cpSync(join(project, path), join(copy, path), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  const mutant = mutants.find(({ name }) => name === 'pause-ignored');
  if (!mutant) throw new Error('the way to break it is gone');
  const file = join(copy, mutant.file);
  writeFileSync(file, mutate(mutant, readFileSync(file, 'utf8')));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

const promise = 'a paused firewall is left alone';
const shrunk = /^shrunk from (\d+) steps to (\d+):$/m;

function expectShorter(text: string): void {
  const [, before, after] = shrunk.exec(text) ?? [];
  expect(Number(after)).toBeGreaterThan(0);
  expect(Number(after)).toBeLessThan(Number(before));
}

describe('a seed that breaks a promise', { timeout: 120_000 }, () => {
  test('ends the command with 1, and its story is told after it was made smaller', () => {
    const { status, lines } = simulate('--seeds', '2', '--from', '4', '--steps', '40');
    expect(status).toBe(1);
    expect(lines[0]).toMatch(`seed 5: ${promise}`);
    expect(lines.at(-1)).toMatch(/^2 seeds, 1 violations \(seeds 5\), /);
    expectShorter(lines.join('\n'));
    const story = lines.slice(lines.findIndex((line) => shrunk.test(line)) + 1);
    expect(story[0]).toMatch(/^seed 5, \d+ steps$/);
    expect(story.some((line) => /pause \S+ begins/.test(line))).toBe(true);
    expect(story.some((line) => line.includes(`VIOLATION ${promise}`))).toBe(true);
  });

  test('alone and with --json: one object on standard output, the story beside it', () => {
    const { status, errors, lines } = simulate('--seed', '5', '--steps', '40', '--json');
    expect(status).toBe(1);
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { seeds: 1, violations: 1, failed: [5] },
    ]);
    expectShorter(errors);
  });
});

test.each([['--seeds=-3'], ['--seeds', '-3'], ['--steps', 'many'], ['--nothing']])(
  'wrong usage ends with 2 and says how to do it right: %s',
  (...args) => {
    const { status, errors } = simulate(...args);
    expect(status).toBe(2);
    expect(errors).toMatch('npm run simulate [-- --seeds N]');
    expect(errors).not.toMatch('    at ');
  },
);
