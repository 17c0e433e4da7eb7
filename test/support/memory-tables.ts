import { isDeepStrictEqual } from 'node:util';
import { checkWrite, copyItem } from '../../lib/aws/write-rules.ts';
import type { Item, Key, Page, Query, StoredItem, TableName, Tables, Write } from '../../lib/core/ports.ts';
import { MemoryStore, type Usage } from './memory-store.ts';

export type CallName = 'read' | 'query' | 'write' | 'putAll' | 'transact';
export type Call =
  | { name: 'read'; keys: readonly Key[] }
  | { name: 'query'; query: Query }
  | { name: 'write'; writes: readonly Write[] }
  | { name: 'putAll'; writes: readonly Write[] }
  | { name: 'transact'; writes: readonly Write[] };

/** The port on tables in memory. Each call is atomic at one moment after `beforeCall`. */
export class MemoryTables implements Tables {
  readonly store = new MemoryStore();
  /** Runs before a call has an effect; throw to fail the call, write to interfere. */
  beforeCall: ((name: CallName, call: Call) => void | Promise<void>) | undefined;
  /** Runs after the effect; throw to lose the reply. */
  afterCall: ((name: CallName, call: Call) => void | Promise<void>) | undefined;

  /** Hears every change of an item, as the stream of its table would tell it: nothing when nothing changed. */
  set onChange(listener:
    | ((change: { key: Key; before: Item | undefined; after: Item | undefined }) => void)
    | undefined) {
    this.store.onChange =
      listener &&
      ((key, before, after) => {
        if (!isDeepStrictEqual(before, after))
          listener({ key, before: before && copyItem(before), after: after && copyItem(after) });
      });
  }

  get usage(): Usage {
    return this.store.usage;
  }

  resetUsage(): void {
    Object.assign(this.usage, { calls: 0, readUnits: 0, writeUnits: 0 });
  }

  async read(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    return this.#call({ name: 'read', keys }, () => this.store.read(keys));
  }

  async query(query: Query): Promise<Page> {
    return this.#call({ name: 'query', query }, () => this.store.query(query));
  }

  async write(write: Write): Promise<Item | undefined> {
    return this.#call({ name: 'write', writes: [write] }, () => this.store.write(write));
  }

  async putAll(puts: readonly { key: Key; put: Item }[]): Promise<void> {
    return this.#call({ name: 'putAll', writes: puts }, () => {
      for (const one of puts) checkWrite(one);
      for (const one of puts) this.store.write(one);
    });
  }

  async transact(writes: readonly Write[]): Promise<void> {
    return this.#call({ name: 'transact', writes }, () => this.store.transact(writes));
  }

  /** Every item of a table in the order of its keys, without counting; for assertions. */
  all(table: TableName): StoredItem[] {
    return this.store.all(table);
  }

  async #call<T>(call: Call, effect: () => T): Promise<T> {
    await this.beforeCall?.(call.name, call);
    const result = effect();
    await this.afterCall?.(call.name, call);
    return result;
  }
}
