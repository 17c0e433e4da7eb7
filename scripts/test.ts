// Runs everything: static checks first, then every test layer. The last line is "N passed, N failed".
// Exit code 1 when anything failed or nothing ran.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

let passed = 0;
let failed = 0;
for (const [name, command = '', ...args] of checks) {
  const started = performance.now();
  const { status } = spawnSync(join(bin, command), args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) passed += 1;
  else failed += 1;
}

const folder = mkdtempSync(join(tmpdir(), 'zonebridge-test-'));
const file = join(folder, 'report.json');
const given = process.argv.slice(2);
const run = spawnSync(
  join(bin, 'vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...given],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  passed += report.numPassedTests;
  // A file that could not even be loaded holds no failed test, but has failed.
  const broken = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  );
  failed += report.numFailedTests + broken.length;
  skipped = report.numPendingTests;
  if (report.numPassedTests === 0) failed += 1;
} catch {
  failed += 1;
}
if (run.status !== 0 && failed === 0) failed += 1;
rmSync(folder, { recursive: true, force: true });
if (skipped > 0)
  console.log(
    `${skipped} skipped: what a device declares that it cannot do, or a tool that this machine lacks; each says why`,
  );
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
