import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './run.ts';
import type { Task } from './worker.ts';

/** Seeds that a process gets at a time. */
const taskSize = 10;

/** Runs seeds in several processes; tells each outcome as it comes. */
export async function runSeeds(
  request: { seeds: readonly number[]; steps: number; jobs: number },
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const { seeds, steps } = request;
  let next = 0;
  const take = (): Task | undefined => {
    const some = seeds.slice(next, next + taskSize);
    next += some.length;
    return some.length > 0 ? { seeds: some, steps } : undefined;
  };
  const count = Math.min(request.jobs, Math.ceil(seeds.length / taskSize));
  await Promise.all(Array.from({ length: count }, () => oneProcess(take, tell)));
}

function oneProcess(take: () => Task | undefined, tell: (outcome: Outcome) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'worker.ts'));
    let done = false;
    const give = (): void => {
      const task = take();
      if (task) child.send(task);
      else {
        done = true;
        child.disconnect();
      }
    };
    child.on('message', (outcomes: Outcome[]) => {
      for (const outcome of outcomes) tell(outcome);
      give();
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (done && code === 0) resolve();
      else reject(new Error(`a worker ended with ${String(code)}`));
    });
    give();
  });
}
