import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import type { Answer, Question } from './judge-process.ts';

/** Longer than any honest run of the unit layer: what goes on for ever was noticed, too. */
const patienceMs = 15 * 60_000;

/** The process that runs the tests of one copy. */
export class Judge {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async open(folder: string): Promise<Judge> {
    const file = join(import.meta.dirname, 'judge-process.ts');
    const judge = new Judge(fork(file, [folder], { cwd: folder, detached: true, stdio: 'ignore' }));
    const { error } = (await judge.#answer()) ?? { error: 'the tests could not be begun' };
    if (error !== undefined) throw new Error(error);
    return judge;
  }

  /** Undefined when the tests did not end; then it is gone, with all it had begun. */
  async ask(question: Question): Promise<Answer | undefined> {
    const answer = this.#answer();
    this.#process.send(question);
    return answer;
  }

  async close(): Promise<void> {
    if (!this.#process.connected) return;
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }

  async #answer(): Promise<Answer | undefined> {
    const stop = new AbortController();
    try {
      return await Promise.race([
        once(this.#process, 'message', stop).then(([answer]) => answer as Answer),
        once(this.#process, 'exit', stop).then(() => ({ error: 'the process of the tests ended' })),
        setTimeout(patienceMs, undefined, stop).then(() => this.#end()),
      ]);
    } finally {
      stop.abort();
    }
  }

  #end(): undefined {
    process.kill(-(this.#process.pid ?? 0), 'SIGKILL');
  }
}
