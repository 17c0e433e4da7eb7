import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { type Quarantine, Quarantines } from '../../core/plan/quarantine.ts';
import type { Key, Tables, Value } from '../../core/ports.ts';
import { z } from 'zod';
import { count } from './items.ts';

/** All quarantines in one row of `control`: there are few, and nobody may see half of them. */
const listKey: Key = { table: 'control', pk: 'quarantines' };

/** Attribute of the row of the active configuration that counts changes of the list: reading it costs a run nothing. */
export const versionAttribute = 'quarantineVersion';

/** The row of the list stays far below the 400 KB of an item. */
const listMax = 500;
const addressesMax = 64;

const stored: z.ZodType<Quarantine[]> = z.array(
  z.object({
    id: z.string(),
    target: z.string(),
    follows: z.string().optional(),
    holders: z.array(z.string()),
    reused: z.object({ at: z.number(), address: z.string(), endpoint: z.string() }).optional(),
    extendedAt: z.number().optional(),
    addresses: z.array(z.string()),
    denyGroup: z.string().optional(),
    by: z.string(),
    reason: z.string().optional(),
    ticket: z.string().optional(),
    since: z.number(),
  }),
);

/** Throws when the row cannot be read: a list that is lost must not look like an empty one. */
export async function readQuarantines(tables: Tables): Promise<{ version: number; list: Quarantines }> {
  const [item] = await tables.read([listKey]);
  if (!item) return { version: 0, list: new Quarantines([]) };
  return { version: count(item, 'version'), list: new Quarantines(stored.parse(item['all'])) };
}

const attempts = 5;

/**
 * Changes the list and its version in one transaction. `change` returns undefined when there is nothing to change.
 * Throws `quarantine/too-many` beyond the limits.
 */
export async function changeQuarantines(
  tables: Tables,
  pointer: Key,
  change: (all: readonly Quarantine[]) => Quarantine[] | undefined,
): Promise<Quarantines> {
  for (let attempt = 1; ; attempt++) {
    const { version, list } = await readQuarantines(tables);
    const next = change(list.all);
    if (!next) return list;
    checkSize(next);
    try {
      await tables.transact([
        {
          key: listKey,
          put: { version: version + 1, all: next.map(toItem) },
          if: [{ attribute: 'version', is: 'absent or =', value: version }],
        },
        { key: pointer, update: { set: { [versionAttribute]: version + 1 } } },
      ]);
      return new Quarantines(next);
    } catch (error) {
      if (attempt >= attempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    }
  }
}

/** Throws `quarantine/too-many`. */
export function checkSize(all: readonly Quarantine[]): void {
  if (all.length > listMax)
    throw new ZonebridgeError(
      'quarantine/too-many',
      `${listMax} quarantines are in force, which is the most`,
    );
  const large = all.find(({ addresses }) => addresses.length > addressesMax);
  if (large)
    throw new ZonebridgeError(
      'quarantine/too-many',
      `${large.target} has more than ${addressesMax} addresses`,
    );
}

function toItem(quarantine: Quarantine): Value {
  const entries = Object.entries(quarantine);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
