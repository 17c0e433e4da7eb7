import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Tables, Write } from '../../core/ports.ts';

/** Most items of one transaction: the service takes 100, some are kept for the endpoint and its owner rows. */
export const transactionItems = 90;

/** Up to so many independent writes go one by one: half the units of a transaction. */
const fewWrites = 4;

export function text(item: Item | undefined, name: string): string | undefined {
  const value = item?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function count(item: Item | undefined, name: string): number {
  const value = item?.[name];
  return typeof value === 'number' ? value : 0;
}

export function flag(item: Item | undefined, name: string): boolean {
  return item?.[name] === true;
}

export function texts(item: Item | undefined, name: string): string[] {
  const value = item?.[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** Numbers by name. */
export function times(item: Item | undefined, name: string): Record<string, number> {
  const value = item?.[name];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((one): one is [string, number] => typeof one[1] === 'number'),
  );
}

/**
 * Runs a task for each element, at most `width` at a time, results in order. After a failure no further task begins, and the
 * error is thrown when those under way have ended: nothing goes on behind the back of the caller, who may give a lease away.
 */
export async function inParallel<T, R>(
  elements: readonly T[],
  width: number,
  task: (element: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < elements.length && !failed) {
      const index = next++;
      try {
        results[index] = await task(elements[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(width, elements.length) }, worker);
  for (const end of await Promise.allSettled(workers)) if (end.status === 'rejected') throw end.reason;
  return results;
}

export function chunksOf<T>(elements: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < elements.length; i += size) result.push(elements.slice(i, i + size));
  return result;
}

/**
 * Writes independent items: a few one by one (one unit each), many in transactions (two units each, but few calls).
 * Not atomic as a whole; each item keeps its own condition.
 */
export async function writeAll(tables: Tables, writes: readonly Write[]): Promise<void> {
  if (writes.length <= fewWrites) await inParallel(writes, fewWrites, (write) => tables.write(write));
  else await inParallel(chunksOf(writes, transactionItems), 8, (chunk) => tables.transact(chunk));
}

/** Like `writeAll`, but leaves out each write whose own condition does not hold; returns those that were left out. */
export async function writeWhereTrue(tables: Tables, writes: readonly Write[]): Promise<Set<Write>> {
  const refused = new Set<Write>();
  const oneByOne = (some: readonly Write[]): Promise<unknown> =>
    inParallel(some, 8, async (write) => {
      try {
        await tables.write(write);
      } catch (error) {
        if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
        refused.add(write);
      }
    });
  if (writes.length <= fewWrites) {
    await oneByOne(writes);
    return refused;
  }
  await inParallel(chunksOf(writes, transactionItems), 8, async (chunk) => {
    try {
      await tables.transact(chunk);
    } catch (error) {
      if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      await oneByOne(chunk);
    }
  });
  return refused;
}
