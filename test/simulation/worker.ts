import process from 'node:process';
import { planOf } from './plan/generate.ts';
import { type Outcome, runPlan } from './run.ts';

/** What a worker is asked: seeds in a row. */
export interface Task {
  seeds: readonly number[];
  steps: number;
}

// Errors are part of the play, thousands a second; their stacks are looked at in the story of a single seed.
Error.stackTraceLimit = 0;

process.on('message', (task: Task) => void work(task));

async function work({ seeds, steps }: Task): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) outcomes.push(await runPlan(planOf(seed, steps)));
  process.send?.(outcomes);
}
