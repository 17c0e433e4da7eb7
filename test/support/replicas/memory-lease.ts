import type { Lease, LeaseRecord, StoredLease } from '../../../cluster-agent/lib/lease.ts';
import type { Process } from '../../simulation/kernel/process.ts';

/** The one Lease of a cluster as the Kubernetes API keeps it, with failures on request. */
export class MemoryLease {
  record: LeaseRecord | undefined;
  /** Nobody reaches it. */
  down = false;
  /** How likely a call fails, and how likely a write is done and its answer lost. */
  fails = 0;
  losesAnswers = 0;
  #version = 0;

  /** A person deletes it. */
  delete(): void {
    this.record = undefined;
  }

  /** A person changes it. */
  edit(change: Partial<LeaseRecord>): void {
    if (this.record) this.#keep({ ...this.record, ...change });
  }

  /** As one process reaches it; `cut` says whether its way is cut. */
  portOf(process: Process, cut: () => boolean): Lease {
    const { dice } = process.kernel;
    const call = <T>(what: string, effect: () => T): Promise<T> =>
      process.call(what, () => {
        if (this.down || cut() || dice.chance(this.fails)) throw new Error('503 no answer');
        const result = effect();
        if (what === 'write lease' && dice.chance(this.losesAnswers)) throw new Error('the answer was lost');
        return result;
      });
    return {
      read: () => call('read lease', () => this.#stored()),
      write: (record, over) => call('write lease', () => this.#write(record, over)),
    };
  }

  /** An update makes what is not there, and needs the version of what is. */
  #write(record: LeaseRecord, over: StoredLease | undefined): StoredLease | 'conflict' {
    if (this.record && over?.object !== this.#version) return 'conflict';
    this.#keep(record);
    return { record, object: this.#version };
  }

  #keep(record: LeaseRecord): void {
    this.#version += 1;
    this.record = record;
  }

  #stored(): StoredLease | undefined {
    return this.record && { record: this.record, object: this.#version };
  }
}
