import type { Clock } from '../../../lib/core/ports.ts';
import type { Metrics } from './cloudwatch.ts';
import { handlerOf } from './deployed-functions.ts';
import type { FunctionTerms } from './deployment.ts';

/** Invokes the real handlers as Lambda does: with a time-out that kills them, and a metric of those that failed. */
export class FunctionHost {
  /** Functions that get no invocation: throttled, or switched off. */
  readonly throttled = new Set<string>();
  /** The function that runs now. */
  running = '';
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  #deadline = Number.POSITIVE_INFINITY;
  #kill: ((error: Error) => void) | undefined;

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Whatever a handler awaits passes here: after its time-out nothing of it goes on. */
  async checkTime(): Promise<void> {
    if (this.#clock.now() < this.#deadline) return;
    this.#kill?.(new Error('Task timed out'));
    await new Promise(() => undefined);
  }

  /** A call that gets no answer: the time-out comes first. */
  async waitForEver(): Promise<void> {
    if (Number.isFinite(this.#deadline)) await this.#clock.sleep(this.#deadline - this.#clock.now());
    await this.checkTime();
  }

  /** Answer of the handler, or undefined when it failed as a whole. */
  async invoke(terms: FunctionTerms, event: unknown): Promise<unknown> {
    const handler = await handlerOf(terms.place);
    this.#deadline = this.#clock.now() + terms.timeoutMs;
    this.running = terms.place;
    let failed = 0;
    try {
      return await new Promise((resolve, reject) => {
        this.#kill = reject;
        handler(event, { functionName: terms.place }).then((answer) => resolve(answer ?? {}), reject);
      });
    } catch {
      failed = 1;
      return undefined;
    } finally {
      this.running = '';
      this.#deadline = Number.POSITIVE_INFINITY;
      const metric = { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: terms.place } };
      this.#metrics.put(metric, { at: this.#clock.now(), value: failed });
    }
  }
}
