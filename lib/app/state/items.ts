import type { Item, Tables, Write } from '../../core/ports.ts';

/** Most items of one transaction: the service takes 100, some are kept for the endpoint and its owner rows. */
export const transactionItems = 90;

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

/** Runs a task for each element, at most `width` at a time, results in order. */
export async function inParallel<T, R>(
  elements: readonly T[],
  width: number,
  task: (element: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < elements.length) {
      const index = next++;
      results[index] = await task(elements[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, elements.length) }, worker));
  return results;
}

export function chunks<T>(elements: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < elements.length; i += size) result.push(elements.slice(i, i + size));
  return result;
}

/**
 * Writes independent items: a few one by one (one unit each), many in transactions (two units each, but few calls).
 * Not atomic as a whole; each item keeps its own condition.
 */
export async function writeAll(tables: Tables, writes: readonly Write[]): Promise<void> {
  if (writes.length <= 4) {
    await Promise.all(writes.map((write) => tables.write(write)));
    return;
  }
  await inParallel(chunks(writes, transactionItems), 8, (chunk) => tables.transact(chunk));
}
