import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { count } from './items.ts';

/**
 * Tables whose rows say something by being there. Each holds a row that the sweep sets to the time, and `control` remembers the last one: a
 * table that is empty, or that a backup put back, has none or an older one.
 */
const pulsedTables = ['endpoints', 'memberships', 'dirty', 'ledger'] as const;
export type PulsedTable = (typeof pulsedTables)[number];

/** Partition of the pulses; none of a cluster, group or firewall begins like this. */
export const pulse = '#pulse';
const rememberedKey: Key = { table: 'control', pk: pulse };

function pulseKey(table: PulsedTable): Key {
  return { table, pk: pulse, sk: pulse };
}

/** Times in milliseconds since 1970, 0 where there is none. */
export interface Pulses {
  /** What every table had at least when the sweep last looked; 0 in a hub that never looked. */
  remembered: number;
  tables: Readonly<Record<PulsedTable, number>>;
}

/** Reads the pulses, and `beside` them other rows, which are read after what `control` remembers. */
export async function readPulses(
  tables: Tables,
  beside: readonly Key[] = [],
): Promise<Pulses & { beside: (Item | undefined)[] }> {
  // `control` first: a sweep in between makes the others later, which is no loss.
  const [remembered] = await tables.read([rememberedKey]);
  const items = await tables.read([...pulsedTables.map(pulseKey), ...beside]);
  const [endpoints = 0, memberships = 0, dirty = 0, ledger = 0] = items.map((item) => count(item, 'at'));
  return {
    remembered: count(remembered, 'at'),
    tables: { endpoints, memberships, dirty, ledger },
    beside: items.slice(pulsedTables.length),
  };
}

/** Tables that were lost, or put back to an older state, since the sweep last looked. */
export function lostTables({ remembered, tables }: Pulses): PulsedTable[] {
  return pulsedTables.filter((table) => tables[table] < remembered);
}

/** Whether the ledger was lost or put back, and a row that was read beside it: for those who may not read the other tables. */
export async function readLedgerPulse(
  tables: Tables,
  beside: Key,
): Promise<{ lost: boolean; beside: Item | undefined }> {
  const [remembered] = await tables.read([rememberedKey]);
  const [found, item] = await tables.read([pulseKey('ledger'), beside]);
  return { lost: count(found, 'at') < count(remembered, 'at'), beside: item };
}

/** What the hub knows of clusters may not be there. */
export function lostOfClusters(lost: readonly PulsedTable[]): boolean {
  return lost.includes('endpoints') || lost.includes('memberships');
}

/** Sets all pulses to `now`, each on condition that it is the one that was read; false when somebody else did, or a table was lost meanwhile. */
export async function beat(tables: Tables, read: Pulses, now: number): Promise<boolean> {
  try {
    for (const table of pulsedTables) {
      const before = read.tables[table];
      const unchanged =
        before === 0
          ? ({ attribute: 'at', is: 'absent' } as const)
          : ({ attribute: 'at', is: '=', value: before } as const);
      await tables.write({ key: pulseKey(table), put: { at: now }, if: [unchanged] });
    }
    const older = [{ attribute: 'at', is: 'absent or <', value: now }] as const;
    await tables.write({ key: rememberedKey, put: { at: now }, if: older });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}
