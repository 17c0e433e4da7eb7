import type { Device } from './device.ts';
import { databaseRefusal, type JsonObject, type Refusal } from './refusal.ts';

/** A write of a transaction, done on any device that is like the one it was checked on. */
type Write = (device: Device) => JsonObject;

interface Transaction {
  id: number;
  vdom: string;
  timeoutMs: number;
  /** Milliseconds since 1970; moved by every write. */
  until: number;
  /** The device as it would be after the commit: writes are checked there. */
  draft: Device;
  writes: Write[];
  /** Tables of the VDOM that it changes. */
  tables: Set<string>;
}

/** What a write wants, and where. `id`: of its transaction as the header says; empty for none. */
export interface WriteCall {
  id: string;
  vdom: string;
  table: string;
  /** Digest of the table as it is in force. */
  revision: string;
}

/** Administration guide, "Workspace mode": what no transaction may change, of the tables that are simulated. */
const refusedTables: ReadonlySet<string> = new Set(['system/resource-limits']);

/**
 * Batch transactions of the configuration: writes are kept back and take effect together or not at all. Several may run at a time, as long as
 * they change different tables (a client's authors); whatever is changed in one is locked for everybody else (guide, "Workspace mode").
 * Assumptions: what is locked is the table, the numbers of the refusals, that only writes prolong a transaction, and that whoever knows its
 * number may use it.
 */
export class Transactions {
  readonly #open = new Map<number, Transaction>();
  #last = 0;

  start(device: Device, vdom: string, timeoutSeconds: number): number {
    const id = ++this.#last;
    const timeoutMs = timeoutSeconds * 1000;
    const until = Date.now() + timeoutMs;
    this.#open.set(id, { id, vdom, timeoutMs, until, draft: device.copy(), writes: [], tables: new Set() });
    return id;
  }

  /** The VDOM that a transaction works in; undefined when there is no such transaction. */
  vdomOf(id: string): string | undefined {
    return this.#running().find((one) => String(one.id) === id)?.vdom;
  }

  /** Does a write, or keeps it for its commit: then the answer is that of a write that changed nothing yet. Throws a Refusal. */
  write(device: Device, { id, vdom, table, revision }: WriteCall, run: Write): JsonObject {
    const own = id === '' ? undefined : this.#require(id, vdom);
    const other = this.#running().find((one) => one !== own && one.vdom === vdom && one.tables.has(table));
    if (other) throw refused(`${table} is being configured in transaction ${other.id}`);
    if (!own) return run(device);
    if (refusedTables.has(table)) throw refused(`${table} cannot be changed in a transaction`);
    const { old_revision: _, ...answer } = run(own.draft);
    own.writes.push(run);
    own.tables.add(table);
    own.until = Date.now() + own.timeoutMs;
    return { ...answer, revision, revision_changed: false };
  }

  /** All or nothing: what was checked when it was sent may have become impossible by a change of another table. */
  commit(device: Device, id: string, vdom: string): void {
    const { writes } = this.#require(id, vdom);
    this.#open.delete(Number(id));
    const rehearsal = device.copy();
    for (const write of writes) write(rehearsal);
    for (const write of writes) write(device);
  }

  abort(id: string, vdom: string): void {
    this.#require(id, vdom);
    this.#open.delete(Number(id));
  }

  /** What a restart leaves of them: nothing. */
  endAll(): void {
    this.#open.clear();
  }

  #require(id: string, vdom: string): Transaction {
    const found = this.#running().find((one) => String(one.id) === id && one.vdom === vdom);
    if (!found) throw refused('no such transaction, or it has expired');
    return found;
  }

  #running(): Transaction[] {
    const now = Date.now();
    for (const { id, until } of this.#open.values()) if (until <= now) this.#open.delete(id);
    return [...this.#open.values()];
  }
}

/** -160 is the number of any error of the configuration. */
export function refused(line: string): Refusal {
  return databaseRefusal(-160, line);
}
