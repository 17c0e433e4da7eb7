import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ZonebridgeError } from '../core/errors.ts';
import type { Clock, Item, Key, Page, Query, Random, TableName, Tables, Write } from '../core/ports.ts';
import { applyUpdate, meets } from './apply-write.ts';
import {
  type Attributes,
  conditionText,
  itemAttributes,
  keyAttributes,
  Placeholders,
  readAttributes,
  updateText,
} from './dynamodb-expressions.ts';
import { indexWriteUnits, itemSize, readUnits, writeUnits } from './item-size.ts';
import { readPageToken, writePageToken } from './page-token.ts';
import { errorName, translate } from './service-errors.ts';
import { checkKey, checkTransaction, checkWrite, conditionFailed } from './write-rules.ts';

const batchSize = 100;
/** Items of one BatchWriteItem. */
const putSize = 25;
/** Batches that are under way together. */
const width = 8;
const attempts = 6;

/** What one call cost, estimated by the published rules; failed calls are counted, too. */
export interface CallUsage {
  operation:
    | 'BatchGetItem'
    | 'BatchWriteItem'
    | 'Query'
    | 'PutItem'
    | 'UpdateItem'
    | 'DeleteItem'
    | 'TransactWriteItems';
  readUnits: number;
  writeUnits: number;
}

export interface DynamoTablesOptions {
  client: DynamoDBClient;
  /** Physical name of a table. */
  tableName: (table: TableName) => string;
  /** For the pauses between tries. */
  clock: Clock;
  random: Random;
  onUsage?: (usage: CallUsage) => void;
}

/**
 * The port on DynamoDB. A write whose reply was lost is sent again by the SDK: its condition may then fail although it
 * took effect, so whoever gets `store/condition-failed` reads again and looks. Transactions are safe from that by their token.
 */
export class DynamoTables implements Tables {
  readonly #options: DynamoTablesOptions;

  constructor(options: DynamoTablesOptions) {
    this.#options = options;
  }

  async read(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const distinct = new Map<string, Key>();
    for (const key of keys) {
      checkKey(key);
      distinct.set(mapKey(key), key);
    }
    const batches = await inBatches([...distinct.values()], batchSize, (some) => this.#readBatch(some));
    const found = new Map(batches.flat());
    return keys.map((key) => {
      const item = found.get(mapKey(key));
      // The same key may be asked for twice; nobody shares an item.
      return item && structuredClone(item);
    });
  }

  async query(query: Query): Promise<Page> {
    const { index, limit, prefix, table } = query;
    const after = query.after === undefined ? undefined : readPageToken({ ...query, after: query.after });
    if (limit !== undefined && limit < 1) throw new TypeError('`limit` is at least 1');
    if (index !== undefined && prefix !== undefined) throw new TypeError('The index has no sort key');
    const placeholders = new Placeholders();
    const partition = `${placeholders.name(index ? 'bucket' : 'pk')} = ${placeholders.value(query.pk)}`;
    const begins = prefix
      ? ` AND begins_with(${placeholders.name('sk')}, ${placeholders.value(prefix)})`
      : '';
    const command = new QueryCommand({
      TableName: this.#options.tableName(table),
      IndexName: index,
      ConsistentRead: index === undefined,
      KeyConditionExpression: partition + begins,
      ...placeholders.fields(),
      Limit: limit,
      ExclusiveStartKey: after && {
        ...keyAttributes(after),
        ...(index ? { bucket: { S: query.pk } } : {}),
      },
    });
    const answer = await this.#tried(() => this.#options.client.send(command));
    const items = (answer.Items ?? []).map((attributes) => readAttributes(table, attributes));
    const size = items.reduce((sum, { key, item }) => sum + itemSize(key, item), 0);
    this.#used('Query', { read: readUnits(size, index === undefined) });
    const last = answer.LastEvaluatedKey;
    return last ? { items, next: writePageToken(readAttributes(table, last).key) } : { items };
  }

  async write(write: Write): Promise<Item | undefined> {
    checkWrite(write);
    if ('check' in write) return this.#check(write);
    try {
      const attributes = await this.#tried(() => this.#sendWrite(write));
      const before = attributes && readAttributes(write.key.table, attributes).item;
      this.#usedByWrite(write, before);
      return before;
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error;
      this.#usedByWrite(write, undefined);
      throw conditionFailed([{ index: 0, key: write.key }], error);
    }
  }

  async putAll(puts: readonly { key: Key; put: Item }[]): Promise<void> {
    const distinct = new Map<string, { key: Key; put: Item }>();
    for (const one of puts) {
      checkWrite(one);
      distinct.set(mapKey(one.key), one);
    }
    await inBatches([...distinct.values()], putSize, (some) => this.#putBatch(some));
  }

  async #putBatch(puts: readonly { key: Key; put: Item }[]): Promise<void> {
    let open: NonNullable<BatchWriteItemCommandInput['RequestItems']> = {};
    for (const { key, put } of puts) {
      const name = this.#options.tableName(key.table);
      open[name] ??= [];
      open[name].push({ PutRequest: { Item: { ...itemAttributes(put), ...keyAttributes(key) } } });
    }
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await this.#pause(attempt);
      const command = new BatchWriteItemCommand({ RequestItems: open });
      const answer = await this.#tried(() => this.#options.client.send(command));
      open = answer.UnprocessedItems ?? {};
      if (Object.keys(open).length > 0) continue;
      const units = puts.map(({ key, put }) => writeUnits(0, itemSize(key, put)));
      this.#used('BatchWriteItem', { write: units.reduce((sum, unit) => sum + unit, 0) });
      return;
    }
    throw new ZonebridgeError('store/unavailable', 'The store keeps leaving items unwritten');
  }

  async transact(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    checkTransaction(writes);
    const items = writes.map((write) => this.#transactItem(write));
    try {
      await this.#tried(() =>
        this.#options.client.send(new TransactWriteItemsCommand({ TransactItems: items })),
      );
    } catch (error) {
      const failed = failedItems(error, writes);
      if (failed.length === 0) throw error;
      throw conditionFailed(failed, error);
    } finally {
      const units = writes.map((write) => {
        const after = 'put' in write ? write.put : undefined;
        const size = after ? itemSize(write.key, after) : 0;
        return 2 * writeUnits(0, size) + indexUnitsOfTransaction(write);
      });
      this.#used('TransactWriteItems', { write: units.reduce((sum, unit) => sum + unit, 0) });
    }
  }

  async #check(write: Write): Promise<Item | undefined> {
    const [item] = await this.read([write.key]);
    if (!meets(write.if, write.key, item)) throw conditionFailed([{ index: 0, key: write.key }]);
    return item;
  }

  async #readBatch(keys: Key[]): Promise<[string, Item][]> {
    const tables = new Map(keys.map(({ table }) => [this.#options.tableName(table), table]));
    let open: NonNullable<BatchGetItemCommandInput['RequestItems']> = {};
    for (const key of keys) {
      const name = this.#options.tableName(key.table);
      open[name] ??= { Keys: [], ConsistentRead: true };
      open[name].Keys?.push(keyAttributes(key));
    }
    const found: [string, Item][] = [];
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await this.#pause(attempt);
      const command = new BatchGetItemCommand({ RequestItems: open });
      const answer = await this.#tried(() => this.#options.client.send(command));
      let units = 0;
      for (const [name, items] of Object.entries(answer.Responses ?? {})) {
        const table = tables.get(name);
        if (table === undefined) continue;
        for (const attributes of items) {
          const { key, item } = readAttributes(table, attributes);
          found.push([mapKey(key), item]);
          units += readUnits(itemSize(key, item), true);
        }
      }
      open = answer.UnprocessedKeys ?? {};
      const unprocessed = Object.values(open).reduce((sum, { Keys }) => sum + (Keys?.length ?? 0), 0);
      // What was looked for in vain costs a unit each.
      if (unprocessed === 0) units += keys.length - found.length;
      this.#used('BatchGetItem', { read: units });
      if (unprocessed === 0) return found;
    }
    throw new ZonebridgeError('store/unavailable', 'The store keeps leaving keys unread');
  }

  async #sendWrite(write: Exclude<Write, { check: true }>): Promise<Attributes | undefined> {
    const placeholders = new Placeholders();
    const update = 'update' in write ? updateText(write.update, placeholders) : undefined;
    const base = {
      TableName: this.#options.tableName(write.key.table),
      ConditionExpression: conditionText(write.if, placeholders),
      ...placeholders.fields(),
      ReturnValues: 'ALL_OLD' as const,
    };
    const { client } = this.#options;
    const keys = keyAttributes(write.key);
    if ('put' in write) {
      const command = new PutItemCommand({ ...base, Item: { ...itemAttributes(write.put), ...keys } });
      return (await client.send(command)).Attributes;
    }
    if ('update' in write) {
      return (await client.send(new UpdateItemCommand({ ...base, Key: keys, UpdateExpression: update })))
        .Attributes;
    }
    return (await client.send(new DeleteItemCommand({ ...base, Key: keys }))).Attributes;
  }

  #transactItem(write: Write): TransactWriteItem {
    const placeholders = new Placeholders();
    // A transaction needs an expression: removing what nobody writes changes nothing and creates the item all the same.
    const UpdateExpression =
      'update' in write
        ? (updateText(write.update, placeholders) ?? `REMOVE ${placeholders.name('nothing to change')}`)
        : '';
    const ConditionExpression = conditionText(write.if, placeholders);
    const base = { TableName: this.#options.tableName(write.key.table), ...placeholders.fields() };
    const Key = keyAttributes(write.key);
    if ('put' in write)
      return { Put: { ...base, ConditionExpression, Item: { ...itemAttributes(write.put), ...Key } } };
    if ('update' in write) return { Update: { ...base, ConditionExpression, Key, UpdateExpression } };
    if ('delete' in write) return { Delete: { ...base, ConditionExpression, Key } };
    return { ConditionCheck: { ...base, ConditionExpression, Key } };
  }

  /** Repeats what collided with a transaction of somebody else; maps the other errors. */
  async #tried<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (isInvalid(error)) throw new TypeError(String(error), { cause: error });
        if (!isConflict(error)) throw translate(error, 'DynamoDB');
        if (attempt === attempts) {
          throw new ZonebridgeError('store/unavailable', 'Other transactions keep this item busy', {
            cause: error,
          });
        }
        await this.#pause(attempt);
      }
    }
  }

  /** 25, 50, 100 ... ms at most, with full jitter. */
  async #pause(attempt: number): Promise<void> {
    await this.#options.clock.sleep(25 * 2 ** (attempt - 1) * this.#options.random.next());
  }

  #used(operation: CallUsage['operation'], units: { read?: number; write?: number }): void {
    this.#options.onUsage?.({ operation, readUnits: units.read ?? 0, writeUnits: units.write ?? 0 });
  }

  #usedByWrite(write: Exclude<Write, { check: true }>, before: Item | undefined): void {
    if (!this.#options.onUsage) return;
    let after: Item | undefined;
    if ('put' in write) after = write.put;
    if ('update' in write) {
      const sets = new Set(Object.keys(write.update.addToSet ?? {}));
      after = applyUpdate(before && { item: before, sets }, write.update).item;
    }
    const size = (item: Item | undefined) => (item ? itemSize(write.key, item) : 0);
    const units = writeUnits(size(before), size(after)) + indexWriteUnits(write.key.table, before, after);
    const operation = 'put' in write ? 'PutItem' : 'update' in write ? 'UpdateItem' : 'DeleteItem';
    this.#used(operation, { write: units });
  }
}

/** Does it for so many at a time, some batches together; the results in the order of the batches. */
async function inBatches<T, R>(
  all: readonly T[],
  size: number,
  work: (batch: T[]) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < all.length; start += size * width) {
    const wave = Array.from({ length: width }, (_, place) => {
      const from = start + place * size;
      return all.slice(from, from + size);
    }).filter((batch) => batch.length > 0);
    results.push(...(await Promise.all(wave.map(work))));
  }
  return results;
}

function mapKey(key: Key): string {
  return JSON.stringify([key.table, key.pk, key.sk]);
}

/** Assumption for the estimate, as a transaction does not tell what was there: puts are new, deletes remove something. */
function indexUnitsOfTransaction(write: Write): number {
  if (write.key.table !== 'memberships') return 0;
  if ('put' in write) return write.put['bucket'] === undefined ? 0 : 1;
  return 'delete' in write ? 1 : 0;
}

/** Codes of the items of a cancelled transaction; `None` where nothing was wrong. */
function cancellationCodes(error: unknown): string[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
}

function isInvalid(error: unknown): boolean {
  return errorName(error) === 'ValidationException' || cancellationCodes(error).includes('ValidationError');
}

function isConflict(error: unknown): boolean {
  if (errorName(error) === 'TransactionConflictException') return true;
  const busy = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
  const codes = cancellationCodes(error);
  return !codes.includes('ConditionalCheckFailed') && codes.some((code) => busy.includes(code));
}

function failedItems(error: unknown, writes: readonly Write[]): { index: number; key: Key }[] {
  const codes = cancellationCodes(error);
  return writes.flatMap(({ key }, index) =>
    codes[index] === 'ConditionalCheckFailed' ? [{ index, key }] : [],
  );
}
