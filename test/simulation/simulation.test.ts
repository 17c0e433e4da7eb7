import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runSeeds } from './jobs.ts';
import { weatherNames } from './kernel/weather.ts';
import { keptPlan, keptSeeds } from './kept.ts';
import { planOf, usualSteps } from './plan/generate.ts';
import { type Outcome, runPlan } from './run.ts';
import { cutPlan, shrink } from './shrink.ts';
import { storyOf } from './story.ts';

const seeds = 200;

/** What people, machines and chance do; the delay of the index happens at every read. */
const expected = [
  ...weatherNames.filter((name) => name !== 'indexLag'),
  ...['compact', 'crash', 'pause', 'restart'].map((what) => `agent: ${what}`),
  ...['fail over', 'fail over to an older state', 'fill up', 'refuse address', 'replace', 'restart'].map(
    (what) => `device: ${what}`,
  ),
  ...['restore', 'trouble'].map((what) => `device: ${what}`),
  ...[
    'apply',
    'approve',
    'compare',
    'lose table',
    'outage',
    'redrive',
    'restore member',
    'restore table',
  ].map((what) => `hub: ${what}`),
  ...['approve own', 'lift', 'pause', 'quarantine', 'reject', 'resume'].map((what) => `order: ${what}`),
  ...['add member', 'clone', 'delete object', 'edit comment', 'make object', 'offer'].map(
    (what) => `people: ${what}`,
  ),
  ...['remove member', 'rename', 'take our name', 'withdraw offer'].map((what) => `people: ${what}`),
];

/** The shrunk story, so that a failure can be read where it is reported. */
async function told({ seed, violation }: Outcome): Promise<string> {
  const plan = planOf(seed);
  const smaller = cutPlan(plan, await shrink(plan, violation?.invariant ?? ''));
  return storyOf(smaller, await runPlan(smaller, { story: true })).join('\n');
}

describe('simulation', () => {
  test(`no promise breaks in ${seeds} seeds`, { timeout: 900_000 }, async () => {
    const outcomes: Outcome[] = [];
    const list = Array.from({ length: seeds }, (_, index) => index + 1);
    await runSeeds({ seeds: list, steps: usualSteps, jobs: availableParallelism() }, (outcome) =>
      outcomes.push(outcome),
    );
    expect(outcomes).toHaveLength(seeds);
    const failed = outcomes.filter(({ violation }) => violation !== undefined);
    if (failed[0]) console.error(await told(failed[0]));
    expect(
      failed.map(({ seed, violation }) => `${seed}: ${violation?.invariant}: ${violation?.message}`),
    ).toEqual([]);
    // A simulation in which nothing goes wrong proves nothing.
    const happened = new Set(outcomes.flatMap(({ faults }) => Object.keys(faults)));
    expect(expected.filter((fault) => !happened.has(fault))).toEqual([]);
  });

  test.each(keptSeeds)('seed $seed stays mended: $why', { timeout: 60_000 }, async (kept) => {
    expect((await runPlan(keptPlan(kept))).violation).toBeUndefined();
  });

  test('a seed goes the same way each time, also in another process', { timeout: 60_000 }, async () => {
    const first = await runPlan(planOf(7, 40));
    const second = await runPlan(planOf(7, 40));
    const script = `
      const { planOf } = await import('./plan/generate.ts');
      const { runPlan } = await import('./run.ts');
      console.log((await runPlan(planOf(7, 40))).trace);`;
    const other = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname),
      encoding: 'utf8',
    });
    expect([second.trace, other.trim()]).toEqual([first.trace, first.trace]);
    expect((await runPlan(planOf(8, 40))).trace).not.toBe(first.trace);
  });
});
