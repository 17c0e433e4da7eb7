// Runs everything: static checks and every test layer. The last line is "N passed, N failed".
// Exit code 1 when anything failed or nothing ran.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = join(import.meta.dirname, '..', 'node_modules', '.bin');
const root = join(import.meta.dirname, '..');

/** Each is one check; a check that looked at nothing fails by its own tool. */
const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'biome', 'format', '.'],
  ['unused code', 'knip'],
];

const crashPoints = 'test/end-to-end/crash';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

const folder = mkdtempSync(join(tmpdir(), 'zonebridge-test-'));

/** Exit status of a command; `log`: a file for its output in place of ours. */
async function run(command: string, args: readonly string[], log?: string): Promise<number> {
  const output = log === undefined ? 'inherit' : openSync(log, 'w');
  const child = spawn(join(bin, command), args, { cwd: root, stdio: ['inherit', output, output] });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

async function staticChecks(): Promise<Sum> {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, command = '', ...args] of checks) {
    const started = performance.now();
    const ok = (await run(command, args)) === 0;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    sum[ok ? 'passed' : 'failed'] += 1;
  }
  return sum;
}

/** Tests that vitest finds for these arguments. */
async function tests(name: string, args: readonly string[], log?: string): Promise<Sum> {
  const file = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await run('vitest', ['run', ...reporters, ...args], log);
  if (log !== undefined) console.log(readFileSync(log, 'utf8'));
  const sum = sumOf(file);
  return status !== 0 && sum.failed === 0 ? { ...sum, failed: 1 } : sum;
}

function sumOf(file: string): Sum {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    // A file that could not even be loaded holds no failed test, but has failed.
    const broken = report.testResults.filter(
      (result) => result.status === 'failed' && result.assertionResults.length === 0,
    );
    const nothing = report.numPassedTests === 0 ? 1 : 0;
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken.length + nothing,
      skipped: report.numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function everything(): Promise<Sum[]> {
  console.log(
    'the end-to-end tests run beside the others, because they mostly wait; their report comes last',
  );
  const endToEnd = ['--project', 'end-to-end'];
  const slow = tests('slow', [...endToEnd, `--exclude=${crashPoints}/**`], join(folder, 'slow.log'));
  const checked = await staticChecks();
  // One processor is left to what waits.
  const fast = await tests('fast', ['--project', 'unit', '--project', 'stack', '--maxWorkers=50%']);
  // The longest one waits most of all: it goes beside the rest of its layer, once there is a processor for it.
  const crashes = await tests('crashes', [...endToEnd, crashPoints]);
  return [checked, fast, crashes, await slow];
}

const given = process.argv.slice(2);
const sums = given.length === 0 ? await everything() : [await staticChecks(), await tests('given', given)];
rmSync(folder, { recursive: true, force: true });
const total = (which: keyof Sum): number => sums.reduce((all, one) => all + one[which], 0);
if (total('skipped') > 0)
  console.log(
    `${total('skipped')} skipped: what a device declares that it cannot do, or a tool that this machine lacks; each says why`,
  );
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') === 0 ? 0 : 1;
