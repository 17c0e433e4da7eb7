import { isDeepStrictEqual } from 'node:util';
import { applyUpdate, compareBytes, meets, type TypedItem } from '../../lib/aws/apply-write.ts';
import { indexWriteUnits, itemSize, readUnits, writeUnits } from '../../lib/aws/item-size.ts';
import { readPageToken, writePageToken } from '../../lib/aws/page-token.ts';
import {
  checkKey,
  checkTransaction,
  checkWrite,
  conditionFailed,
  copyItem,
} from '../../lib/aws/write-rules.ts';
import type { Item, Key, Page, Query, StoredItem, TableName, Tables, Write } from '../../lib/core/ports.ts';

const maxBatch = 100;
const maxPageBytes = 1024 * 1024;

export type CallName = 'read' | 'query' | 'write' | 'transact';
export type Call =
  | { name: 'read'; keys: readonly Key[] }
  | { name: 'query'; query: Query }
  | { name: 'write'; writes: readonly Write[] }
  | { name: 'transact'; writes: readonly Write[] };

export interface Usage {
  /** Calls of the service; a read of more than 100 keys counts once per 100. */
  calls: number;
  readUnits: number;
  writeUnits: number;
}

interface Row extends TypedItem {
  key: Key;
}

/** Rows of one partition key, with their sort keys in order (made when asked for). */
interface Partition {
  rows: Map<string, Row>;
  order: string[] | undefined;
}

/**
 * Tables in memory with DynamoDB's semantics. Each call is atomic at one moment after `beforeCall`.
 * Stricter than the service where that finds mistakes: an index gives keys and `bucket` only, a full page always has `next`
 * (an empty page may follow), and the set/list distinction is kept.
 */
export class MemoryTables implements Tables {
  readonly usage: Usage = { calls: 0, readUnits: 0, writeUnits: 0 };
  /** Runs before a call has an effect; throw to fail the call, write to interfere. */
  beforeCall: ((name: CallName, call: Call) => void | Promise<void>) | undefined;
  /** Runs after the effect; throw to lose the reply. */
  afterCall: ((name: CallName, call: Call) => void | Promise<void>) | undefined;
  /** Hears every change of an item, as the stream of its table would tell it: nothing when nothing changed. */
  onChange: ((change: { key: Key; before: Item | undefined; after: Item | undefined }) => void) | undefined;
  readonly #partitions = new Map<string, Partition>();

  resetUsage(): void {
    Object.assign(this.usage, { calls: 0, readUnits: 0, writeUnits: 0 });
  }

  async read(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    return this.#call({ name: 'read', keys }, () => {
      const distinct = new Map(keys.map((key) => [JSON.stringify([key.table, key.pk, key.sk]), key]));
      this.usage.calls += Math.ceil(distinct.size / maxBatch);
      for (const key of distinct.values()) {
        checkKey(key);
        const row = this.#row(key);
        this.usage.readUnits += readUnits(row ? itemSize(key, row.item) : 0, true);
      }
      return keys.map((key) => {
        const row = this.#row(key);
        return row && copyItem(row.item);
      });
    });
  }

  async query(query: Query): Promise<Page> {
    return this.#call({ name: 'query', query }, () => {
      const candidates = query.index ? this.#indexEntries(query) : this.#partitionEntries(query);
      const limit = query.limit ?? Number.POSITIVE_INFINITY;
      if (limit < 1) throw new TypeError('`limit` is at least 1');
      const items: StoredItem[] = [];
      let size = 0;
      let full = false;
      for (const { key, item } of candidates) {
        size += itemSize(key, item);
        items.push({ key: { ...key }, item: copyItem(item) });
        full = items.length >= limit || size >= maxPageBytes;
        if (full) break;
      }
      this.usage.calls += 1;
      this.usage.readUnits += readUnits(size, query.index === undefined);
      const last = items.at(-1);
      return full && last ? { items, next: writePageToken(last.key) } : { items };
    });
  }

  async write(write: Write): Promise<Item | undefined> {
    return this.#call({ name: 'write', writes: [write] }, () => {
      checkWrite(write);
      const before = this.#row(write.key);
      // A check alone is a read and a look at what was read.
      if ('check' in write)
        this.#count({ read: readUnits(before ? itemSize(write.key, before.item) : 0, true) });
      const held = meets(write.if, write.key, before?.item);
      const after = held ? this.#after(write, before) : before;
      if (!('check' in write)) this.#count({ write: this.#units(write, before, after) });
      if (!held) throw conditionFailed([{ index: 0, key: write.key }]);
      this.#store(write.key, after);
      return before && copyItem(before.item);
    });
  }

  async transact(writes: readonly Write[]): Promise<void> {
    return this.#call({ name: 'transact', writes }, () => {
      if (writes.length === 0) return;
      checkTransaction(writes);
      const failed: { index: number; key: Key }[] = [];
      const results = writes.map((write, index) => {
        const before = this.#row(write.key);
        const held = meets(write.if, write.key, before?.item);
        if (!held) failed.push({ index, key: write.key });
        return { write, before, after: held ? this.#after(write, before) : before };
      });
      let units = 0;
      for (const { write, before, after } of results) {
        const index = indexWriteUnits(write.key.table, before?.item, after?.item);
        units += 2 * (this.#units(write, before, after) - index) + (failed.length > 0 ? 0 : index);
      }
      this.#count({ write: units });
      if (failed.length > 0) throw conditionFailed(failed);
      for (const { write, after } of results) this.#store(write.key, after);
    });
  }

  /** Every item of a table in the order of its keys, without counting; for assertions. */
  all(table: TableName): StoredItem[] {
    return [...this.#partitions.values()]
      .flatMap((partition) => [...partition.rows.values()])
      .filter((row) => row.key.table === table)
      .sort((a, b) => compareBytes(a.key.pk, b.key.pk) || compareBytes(a.key.sk ?? '', b.key.sk ?? ''))
      .map((row) => ({ key: { ...row.key }, item: copyItem(row.item) }));
  }

  async #call<T>(call: Call, effect: () => T): Promise<T> {
    await this.beforeCall?.(call.name, call);
    const result = effect();
    await this.afterCall?.(call.name, call);
    return result;
  }

  #count(units: { read?: number; write?: number }): void {
    this.usage.calls += 1;
    this.usage.readUnits += units.read ?? 0;
    this.usage.writeUnits += units.write ?? 0;
  }

  #units(write: Write, before: TypedItem | undefined, after: TypedItem | undefined): number {
    const size = (row: TypedItem | undefined) => (row ? itemSize(write.key, row.item) : 0);
    const index = indexWriteUnits(write.key.table, before?.item, after?.item);
    return writeUnits(size(before), size(after)) + index;
  }

  #after(write: Write, before: TypedItem | undefined): TypedItem | undefined {
    if ('put' in write) return { item: copyItem(write.put), sets: new Set() };
    if ('update' in write) return applyUpdate(before, write.update);
    return 'delete' in write ? undefined : before;
  }

  #row(key: Key): Row | undefined {
    return this.#partitions.get(partitionId(key.table, key.pk))?.rows.get(key.sk ?? '');
  }

  #store(key: Key, typed: TypedItem | undefined): void {
    this.#tell(key, typed);
    const id = partitionId(key.table, key.pk);
    const partition = this.#partitions.get(id) ?? { rows: new Map<string, Row>(), order: undefined };
    const sortKey = key.sk ?? '';
    if (partition.rows.has(sortKey) !== (typed !== undefined)) partition.order = undefined;
    if (typed) partition.rows.set(sortKey, { ...typed, key: { ...key } });
    else partition.rows.delete(sortKey);
    if (partition.rows.size > 0) this.#partitions.set(id, partition);
    else this.#partitions.delete(id);
  }

  #tell(key: Key, typed: TypedItem | undefined): void {
    if (!this.onChange) return;
    const before = this.#row(key)?.item;
    const after = typed?.item;
    if (isDeepStrictEqual(before, after)) return;
    this.onChange({ key, before: before && copyItem(before), after: after && copyItem(after) });
  }

  #partitionEntries(query: Query): StoredItem[] {
    const after = query.after === undefined ? undefined : readPageToken({ ...query, after: query.after }).sk;
    const partition = this.#partitions.get(partitionId(query.table, query.pk));
    if (!partition) return [];
    partition.order ??= [...partition.rows.keys()].sort(compareBytes);
    const { prefix } = query;
    return partition.order
      .filter((sortKey) => after === undefined || compareBytes(sortKey, after) > 0)
      .filter((sortKey) => prefix === undefined || sortKey.startsWith(prefix))
      .flatMap((sortKey) => partition.rows.get(sortKey) ?? []);
  }

  #indexEntries(query: Query): StoredItem[] {
    if (query.table !== 'memberships') throw new TypeError(`${query.table} has no index`);
    if (query.prefix !== undefined) throw new TypeError('The index has no sort key');
    const after = query.after === undefined ? undefined : readPageToken({ ...query, after: query.after });
    return this.all('memberships')
      .filter(({ item }) => item['bucket'] === query.pk)
      .filter(({ key }) => after === undefined || compareKeys(key, after) > 0)
      .map(({ key, item }) => ({ key, item: { bucket: item['bucket'] ?? '' } }));
  }
}

function compareKeys(left: Key, right: Key): number {
  return compareBytes(left.pk, right.pk) || compareBytes(left.sk ?? '', right.sk ?? '');
}

function partitionId(table: TableName, pk: string): string {
  return `${table} ${pk}`;
}
