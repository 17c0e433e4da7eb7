import { isZonebridgeError } from '../../../lib/core/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { Process } from '../kernel/process.ts';

/** What a function needs of its environment: made once, used by one invocation after the other. */
export interface Environment<App> {
  process: Process;
  app: App;
}

/** A Lambda function: environments that are kept warm, a time-out, and deaths in the middle. */
export class SimulatedFunction<App> {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly #timeoutSeconds: number;
  readonly #compose: (process: Process) => App;
  readonly #warm: Environment<App>[] = [];
  #made = 0;
  /** Invocations under way. */
  running = 0;

  constructor(
    kernel: Kernel,
    options: { name: string; timeoutSeconds: number; compose: (process: Process) => App },
  ) {
    this.#kernel = kernel;
    this.#name = options.name;
    this.#timeoutSeconds = options.timeoutSeconds;
    this.#compose = options.compose;
  }

  /** Calls `end` with what the handler answered, or with undefined when it failed, died or ran out of time. */
  invoke<T>(
    handle: (environment: Environment<App>) => Promise<T>,
    end: (result: T | undefined) => void,
  ): void {
    const environment = this.#warm.pop() ?? this.#fresh();
    const { process } = environment;
    let over = false;
    this.running += 1;
    const finish = (result: T | undefined): void => {
      if (over) return;
      over = true;
      this.running -= 1;
      process.onDeath = undefined;
      if (process.alive) this.#warm.push(environment);
      end(result);
    };
    process.onDeath = () => finish(undefined);
    const timeout = this.#kernel.now + this.#timeoutSeconds * 1000;
    this.#kernel.scheduler.at(timeout, () => {
      if (over) return;
      this.#kernel.happened('time-out');
      process.kill('time-out');
    });
    handle(environment).then(
      (result) => {
        if (process.pending.size > 0)
          this.#kernel.violate(
            'nothing goes on after the end',
            `${process.name} left ${[...process.pending].join(', ')}`,
          );
        finish(result);
      },
      (error: unknown) => {
        if (!isZonebridgeError(error))
          this.#kernel.violate('no unexpected error', `${process.name}: ${textOf(error)}`);
        finish(undefined);
      },
    );
  }

  #fresh(): Environment<App> {
    this.#made += 1;
    const process = new Process(this.#kernel, `${this.#name}#${this.#made}`);
    return { process, app: this.#compose(process) };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
