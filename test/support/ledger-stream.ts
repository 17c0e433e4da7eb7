import type { StreamChange } from '../../lib/app/audit/record.ts';
import type { Clock } from '../../lib/core/ports.ts';
import type { MemoryTables } from './memory-tables.ts';

/** The stream of the ledger in memory: every change once, in order, with numbers as long as the service's. */
export class LedgerStream {
  readonly changes: StreamChange[] = [];
  #taken = 0;

  constructor(tables: MemoryTables, clock: Clock) {
    tables.onChange = ({ key, before, after }) => {
      if (key.table !== 'ledger') return;
      const number = this.changes.length + 1;
      const at = Math.floor(clock.now() / 1000) * 1000;
      const sequence = `4000000000${String(number).padStart(14, '0')}`;
      this.changes.push({ id: `event-${number}`, sequence, pk: key.pk, sk: key.sk ?? '', at, before, after });
    };
  }

  /** What came since the last call. */
  take(): StreamChange[] {
    const fresh = this.changes.slice(this.#taken);
    this.#taken = this.changes.length;
    return fresh;
  }
}
