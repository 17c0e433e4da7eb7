import { applyUpdate, compareBytes, meets, type TypedItem } from '../../lib/aws/apply-write.ts';
import { indexWriteUnits, itemSize, readUnits, writeUnits } from '../../lib/aws/item-size.ts';
import { readPageToken, writePageToken } from '../../lib/aws/page-token.ts';
import {
  checkKey,
  checkTransaction,
  checkWrite,
  checkSize,
  conditionFailed,
  copyItem,
} from '../../lib/aws/write-rules.ts';
import { pulse } from '../../lib/app/state/pulses.ts';
import type { Item, Key, Page, Query, StoredItem, TableName, Write } from '../../lib/core/ports.ts';

const maxBatch = 100;
const maxPageBytes = 1024 * 1024;

export interface Usage {
  /** Calls of the service; a read of more than 100 keys counts once per 100. */
  calls: number;
  readUnits: number;
  writeUnits: number;
}

/** Everything a table held at one moment. */
export type StoreBackup = readonly (TypedItem & { key: Key })[];

interface Row extends TypedItem {
  key: Key;
}

/** Rows of one partition key, with their sort keys in order (made when asked for). */
interface Partition {
  rows: Map<string, Row>;
  order: string[] | undefined;
}

/**
 * What the tables hold, with DynamoDB's semantics; each operation takes effect at once.
 * Stricter than the service where that finds mistakes: an index gives keys and `bucket` only, a full page always has `next`
 * (an empty page may follow), and the set/list distinction is kept.
 */
export class MemoryStore {
  readonly usage: Usage = { calls: 0, readUnits: 0, writeUnits: 0 };
  /** Told about every item that a write made, changed or deleted. */
  onChange: ((key: Key, before: Item | undefined, after: Item | undefined) => void) | undefined;
  readonly #partitions = new Map<string, Partition>();
  readonly #counts: boolean;

  /** With `counts: false` nothing is counted, which costs more than the rest. */
  constructor(options: { counts?: boolean } = {}) {
    this.#counts = options.counts ?? true;
  }

  read(keys: readonly Key[]): (Item | undefined)[] {
    const distinct = new Map(keys.map((key) => [JSON.stringify([key.table, key.pk, key.sk]), key]));
    this.usage.calls += Math.ceil(distinct.size / maxBatch);
    for (const key of distinct.values()) {
      checkKey(key);
      if (!this.#counts) continue;
      const row = this.#row(key);
      this.usage.readUnits += readUnits(row ? itemSize(key, row.item) : 0, true);
    }
    return keys.map((key) => {
      const row = this.#row(key);
      return row && copyItem(row.item);
    });
  }

  query(query: Query): Page {
    const candidates = query.index ? this.#indexEntries(query) : this.#partitionEntries(query);
    const limit = query.limit ?? Number.POSITIVE_INFINITY;
    if (limit < 1) throw new TypeError('`limit` is at least 1');
    const items: StoredItem[] = [];
    let size = 0;
    let full = false;
    for (const { key, item } of candidates) {
      if (this.#counts) size += itemSize(key, item);
      items.push({ key: { ...key }, item: copyItem(item) });
      full = items.length >= limit || size >= maxPageBytes;
      if (full) break;
    }
    this.usage.calls += 1;
    this.usage.readUnits += readUnits(size, query.index === undefined);
    const last = items.at(-1);
    return full && last ? { items, next: writePageToken(last.key) } : { items };
  }

  write(write: Write): Item | undefined {
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
  }

  transact(writes: readonly Write[]): void {
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
  }

  /** Every item of a table in the order of its keys, the pulse of the sweep left out, without counting; for assertions. */
  all(table: TableName): StoredItem[] {
    return [...this.#partitions.values()]
      .flatMap((partition) => [...partition.rows.values()])
      .filter((row) => row.key.table === table && row.key.pk !== pulse)
      .sort((a, b) => compareBytes(a.key.pk, b.key.pk) || compareBytes(a.key.sk ?? '', b.key.sk ?? ''))
      .map((row) => ({ key: { ...row.key }, item: copyItem(row.item) }));
  }

  backup(table: TableName): StoreBackup {
    const rows = [...this.#partitions.values()].flatMap((partition) => [...partition.rows.values()]);
    return rows.filter(({ key }) => key.table === table);
  }

  /** Replaces everything a table holds; without a backup the table is empty afterwards. Nobody is told. */
  restore(table: TableName, backup: StoreBackup = []): void {
    const { onChange } = this;
    this.onChange = undefined;
    for (const { key } of this.backup(table)) this.#store(key, undefined);
    for (const { key, item, sets } of backup) this.#store(key, { item, sets });
    this.onChange = onChange;
  }

  #count(units: { read?: number; write?: number }): void {
    this.usage.calls += 1;
    this.usage.readUnits += units.read ?? 0;
    this.usage.writeUnits += units.write ?? 0;
  }

  #units(write: Write, before: TypedItem | undefined, after: TypedItem | undefined): number {
    if (!this.#counts) return 0;
    const size = (row: TypedItem | undefined) => (row ? itemSize(write.key, row.item) : 0);
    const index = indexWriteUnits(write.key.table, before?.item, after?.item);
    return writeUnits(size(before), size(after)) + index;
  }

  #after(write: Write, before: TypedItem | undefined): TypedItem | undefined {
    if ('put' in write) return { item: copyItem(write.put), sets: new Set() };
    if ('update' in write) {
      const after = applyUpdate(before, write.update);
      checkSize(write.key, after.item);
      return after;
    }
    return 'delete' in write ? undefined : before;
  }

  #row(key: Key): Row | undefined {
    return this.#partitions.get(partitionId(key.table, key.pk))?.rows.get(key.sk ?? '');
  }

  #store(key: Key, typed: TypedItem | undefined): void {
    const id = partitionId(key.table, key.pk);
    const partition = this.#partitions.get(id) ?? { rows: new Map<string, Row>(), order: undefined };
    const sortKey = key.sk ?? '';
    this.onChange?.(key, partition.rows.get(sortKey)?.item, typed?.item);
    if (partition.rows.has(sortKey) !== (typed !== undefined)) partition.order = undefined;
    if (typed) partition.rows.set(sortKey, { ...typed, key: { ...key } });
    else partition.rows.delete(sortKey);
    if (partition.rows.size > 0) this.#partitions.set(id, partition);
    else this.#partitions.delete(id);
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
