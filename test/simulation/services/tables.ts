import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type { Item, Key, Page, Query, TableName, Tables, Write } from '../../../lib/core/ports.ts';
import { MemoryStore, type StoreBackup } from '../../support/memory-store.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';

export type Change = (key: Key, before: Item | undefined, after: Item | undefined) => void;

/** DynamoDB of one hub: conditions and transactions at once, answers and the index later, faults by the weather. */
/** Most calls are queries. They answer at the moment they are asked: what comes next takes its time, and may stand still before it. */
const asked = { there: 3, back: 0 };

export class TableService {
  readonly store = new MemoryStore({ counts: false });
  /** Told about every change of an item. */
  readonly watchers: Change[] = [];
  /** Who is writing at this moment; undefined for what arrives late. */
  writer: Process | undefined;
  readonly #kernel: Kernel;
  /** What the index shows of `memberships`: bucket -> keys, with the moment up to which each key is known. */
  readonly #index = new Map<string, Map<string, Key>>();
  readonly #indexed = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.store.onChange = (key, before, after) => {
      if (key.table === 'memberships') this.#reindex(key, before, after);
      for (const watch of this.watchers) watch(key, before, after);
    };
  }

  /** The port as a process has it. */
  portOf(process: Process): Tables {
    return {
      read: (keys) => this.#read(process, keys),
      query: (query) => process.call(`query ${query.table}`, () => this.#query(query), asked),
      write: (write) => this.#write(process, write),
      putAll: async (puts) => {
        for (const one of puts) await this.#write(process, one);
      },
      transact: (writes) =>
        process.call(
          'transact',
          () => this.#perhaps(() => this.#by(process, () => this.store.transact(writes))),
          {
            there: 4,
            back: 3,
          },
        ),
    };
  }

  /** Puts a table back to an older state, as a restored backup does; without one it is lost. */
  restore(table: TableName, backup: StoreBackup | undefined): void {
    this.store.restore(table, backup);
    if (table !== 'memberships') return;
    this.#index.clear();
    for (const { key, item } of this.store.all('memberships')) this.#enter(item['bucket'] as string, key);
  }

  async #read(process: Process, keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const read = (some: readonly Key[]) =>
      process.call('read', () => this.#perhaps(() => this.store.read(some)));
    if (keys.length < 2 || !this.#kernel.strikes('readSplit')) return read(keys);
    // A batch is no snapshot: its keys are read at different moments.
    const later = keys.map(() => this.#kernel.dice.chance(0.5));
    const ends = await Promise.allSettled([
      read(keys.filter((_, index) => !later[index])),
      read(keys.filter((_, index) => later[index])),
    ]);
    const next = ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value.values();
    });
    return later.map((late) => next[Number(late)]?.next().value);
  }

  #query(query: Query): Page {
    if (this.#kernel.strikes('storeFails')) throw unavailable();
    if (query.index === undefined) return this.store.query(query);
    const keys = this.#index.get(query.pk) ?? new Map<string, Key>();
    return { items: [...keys.values()].map((key) => ({ key: { ...key }, item: { bucket: query.pk } })) };
  }

  async #write(process: Process, write: Write): Promise<Item | undefined> {
    const { dice, scheduler } = this.#kernel;
    const once = (): Item | undefined => this.#by(process, () => this.store.write(write));
    if ('check' in write) return process.call('check', () => this.#perhaps(once));
    if (this.#kernel.strikes('writeRepeated')) await process.call('write, reply lost', () => ignored(once));
    return process.call(`write ${write.key.table}`, () => {
      if (this.#kernel.strikes('writeLate')) scheduler.after(dice.between(10, 4_000), () => ignored(once));
      return this.#perhaps(once);
    });
  }

  #by<T>(process: Process, act: () => T): T {
    this.writer = process;
    try {
      return act();
    } finally {
      this.writer = undefined;
    }
  }

  /** Does it, refuses it, or does it without the caller ever learning so. */
  #perhaps<T>(act: () => T): T {
    if (!this.#kernel.strikes('storeFails')) return act();
    if (this.#kernel.dice.chance(0.5)) ignored(act);
    throw unavailable();
  }

  #reindex(key: Key, before: Item | undefined, after: Item | undefined): void {
    const [old, fresh] = [before?.['bucket'], after?.['bucket']];
    if (old === fresh) return;
    const text = `${key.pk} ${key.sk}`;
    const lag = this.#kernel.dice.next() * this.#kernel.weather.indexLag;
    // Changes of one item keep their order.
    const at = Math.max(this.#kernel.now + lag, this.#indexed.get(text) ?? 0);
    this.#indexed.set(text, at);
    const apply = (): void => {
      if (typeof old === 'string') this.#index.get(old)?.delete(text);
      if (typeof fresh === 'string') this.#enter(fresh, key);
    };
    if (at > this.#kernel.now) this.#kernel.scheduler.at(at, apply);
    else apply();
  }

  #enter(bucket: string, key: Key): void {
    const keys = this.#index.get(bucket) ?? new Map<string, Key>();
    keys.set(`${key.pk} ${key.sk}`, { ...key });
    this.#index.set(bucket, keys);
  }
}

function unavailable(): ZonebridgeError {
  return new ZonebridgeError('store/unavailable', 'throttled');
}

function ignored(act: () => unknown): void {
  try {
    act();
  } catch {
    // Its answer is lost, whatever it was.
  }
}
