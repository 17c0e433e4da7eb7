import type { StreamChange } from '../../../lib/app/audit/record.ts';
import type { Clock } from '../../../lib/core/ports.ts';
import { LedgerStream } from '../../support/ledger-stream.ts';
import type { MemoryTables } from '../../support/memory-tables.ts';
import type { Metrics } from './cloudwatch.ts';
import type { Deployment, StreamTerms } from './deployment.ts';
import type { FunctionHost } from './function-host.ts';
import type { DeployedQueues } from './queues.ts';

interface Parts {
  deployment: Deployment;
  host: FunctionHost;
  metrics: Metrics;
  queues: DeployedQueues;
  clock: Clock;
}

/** Hands the changes of the ledger to their function as Lambda reads a stream: in order, a failed batch again until it is too old. */
export class StreamSource {
  readonly #stream: LedgerStream;
  readonly #parts: Parts;
  #waiting: StreamChange[] = [];
  /** What the function was given and has not taken: a retry gives it the same again, and what came since waits. */
  #batch: StreamChange[] = [];

  constructor(tables: MemoryTables, parts: Parts) {
    this.#stream = new LedgerStream(tables, parts.clock);
    this.#parts = parts;
  }

  async deliver(): Promise<void> {
    for (const terms of this.#parts.deployment.streams) await this.#deliverTo(terms);
  }

  async #deliverTo({ function: place, longestAgeMs, onFailure }: StreamTerms): Promise<void> {
    const { deployment, host, queues, clock } = this.#parts;
    const target = deployment.functions.find((terms) => terms.place === place);
    this.#waiting.push(...this.#stream.take());
    const isTooOld = ({ at }: StreamChange): boolean => clock.now() - at > longestAgeMs;
    const tooOld = [...this.#batch, ...this.#waiting].filter(isTooOld);
    if (tooOld.length > 0) {
      // Where the batch lies, not the batch.
      const info = { startSequenceNumber: tooOld[0]?.sequence, batchSize: tooOld.length };
      await queues.send({ queue: onFailure, body: JSON.stringify({ DDBStreamBatchInfo: info }) });
      this.#batch = this.#batch.filter((change) => !isTooOld(change));
      this.#waiting = this.#waiting.filter((change) => !isTooOld(change));
    }
    if (this.#batch.length === 0) this.#batch = this.#waiting.splice(0);
    if (!target || this.#batch.length === 0 || host.throttled.has(place)) return;
    this.#noteAge(place);
    if ((await host.invoke(target, { Records: this.#batch })) !== undefined) this.#batch = [];
  }

  /** `IteratorAge`: how old the last record of a batch is when the function gets it (Lambda developer guide, metrics). */
  #noteAge(place: string): void {
    const at = this.#parts.clock.now();
    const value = at - (this.#batch.at(-1)?.at ?? at);
    const metric = { namespace: 'AWS/Lambda', name: 'IteratorAge', dimensions: { FunctionName: place } };
    this.#parts.metrics.put(metric, { at, value });
  }
}
