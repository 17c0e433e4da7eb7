import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { Tables, Write } from '../../core/ports.ts';
import { inParallel, transactionItems } from '../state/items.ts';
import { checkObject } from '../state/ledger.ts';

export interface Place {
  firewall: string;
  fence: number;
}

/** Ledger writes of one group. */
export interface FencedGroup {
  group: string;
  /** Write of the object row, under the fence. */
  object: Write;
  writes: readonly Write[];
}

interface Bundle {
  /** The object row: what the rest hangs on. */
  guard: Write;
  writes: Write[];
}

/**
 * Writes ledger rows in transactions that hold the object row of their group, so that a run which a newer one has overtaken writes nothing.
 * Returns the writes whose own condition failed, because a comparison wrote the row meanwhile. Throws `sync/lease-lost`.
 */
export async function writeFenced(
  tables: Tables,
  place: Place,
  groups: readonly FencedGroup[],
): Promise<Set<Write>> {
  const refused = new Set<Write>();
  await inParallel(pack(groups.flatMap((group) => bundles(place, group))), 8, async (together) => {
    try {
      await tables.transact(together.flatMap(({ guard, writes }) => [guard, ...writes]));
    } catch (error) {
      if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      for (const bundle of together) await oneByOne(tables, bundle, refused);
    }
  });
  return refused;
}

/**
 * Writes the object row alone. As a transaction, which the service takes once however often it is sent: a repeated write that arrives late
 * would bring counters back that the next pass of the same run has replaced. Throws `sync/lease-lost`.
 */
export async function writeObject(tables: Tables, write: Write): Promise<void> {
  await tables.transact([write]).catch(overtaken);
}

async function oneByOne(tables: Tables, bundle: Bundle, refused: Set<Write>): Promise<void> {
  await writeObject(tables, bundle.guard);
  const check: Write = { key: bundle.guard.key, check: true, if: bundle.guard.if ?? [] };
  for (const write of bundle.writes) {
    try {
      await tables.transact([check, write]);
    } catch (error) {
      if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      await writeObject(tables, check);
      refused.add(write);
    }
  }
}

function overtaken(cause: unknown): never {
  if (!isZonebridgeError(cause, 'store/condition-failed')) throw cause;
  throw new ZonebridgeError('sync/lease-lost', 'a newer run has taken over', { cause });
}

/** Parts of a group that fit into one transaction; all but the first only check the object row. */
function bundles(place: Place, { group, object, writes }: FencedGroup): Bundle[] {
  const result: Bundle[] = [{ guard: object, writes: writes.slice(0, transactionItems - 1) }];
  for (let from = transactionItems - 1; from < writes.length; from += transactionItems - 1) {
    const guard = checkObject({ ...place, group });
    result.push({ guard, writes: writes.slice(from, from + transactionItems - 1) });
  }
  return result;
}

/** Puts small bundles together; those of one group never, as only the last of them is not full. */
function pack(all: readonly Bundle[]): Bundle[][] {
  const transactions: Bundle[][] = [];
  let open: Bundle[] = [];
  let size = 0;
  for (const bundle of all) {
    if (size + bundle.writes.length + 1 > transactionItems && open.length > 0) {
      transactions.push(open);
      [open, size] = [[], 0];
    }
    open.push(bundle);
    size += bundle.writes.length + 1;
  }
  if (open.length > 0) transactions.push(open);
  return transactions;
}
