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
  /** What was remembered when each table got its time. */
  before: Readonly<Record<PulsedTable, number>>;
}

export async function readPulses(tables: Tables): Promise<Pulses> {
  // `control` first: a sweep in between makes the others later, which is no loss.
  const [remembered] = await tables.read([rememberedKey]);
  const items = await tables.read(pulsedTables.map(pulseKey));
  return {
    remembered: count(remembered, 'at'),
    tables: byTable(items, 'at'),
    before: byTable(items, 'before'),
  };
}

function byTable(items: readonly (Item | undefined)[], attribute: string): Record<PulsedTable, number> {
  const [endpoints = 0, memberships = 0, dirty = 0, ledger = 0] = items.map((item) => count(item, attribute));
  return { endpoints, memberships, dirty, ledger };
}

/** Tables that were lost, or put back to an older state, since the sweep last looked. */
export function lostTables({ remembered, tables }: Pulses): PulsedTable[] {
  return pulsedTables.filter((table) => tables[table] < remembered);
}

/**
 * `control` was put back to an older state: every table knows that it remembered more than it does now. A sweep that died before its last write
 * leaves tables that are later than what is remembered, too, but they got their time when just that was remembered.
 */
export function controlPutBack({ remembered, tables, before }: Pulses): boolean {
  return remembered > 0 && pulsedTables.every((table) => Math.min(tables[table], before[table]) > remembered);
}

/** Whether one of some tables was lost, or put back, and rows that were read beside them, after what `control` remembers. */
export async function lookForLoss(
  tables: Tables,
  of: readonly PulsedTable[],
  beside: readonly Key[],
): Promise<{ lost: boolean; beside: (Item | undefined)[] }> {
  const [remembered] = await tables.read([rememberedKey]);
  const items = await tables.read([...of.map(pulseKey), ...beside]);
  const lost = items.slice(0, of.length).some((item) => count(item, 'at') < count(remembered, 'at'));
  return { lost, beside: items.slice(of.length) };
}

/** Without these what the hub knows of clusters may not be there. */
export const tablesOfClusters: readonly PulsedTable[] = ['endpoints', 'memberships'];

/** Sets all pulses to `now`, each on condition that it is the one that was read; false when somebody else did, or a table was lost meanwhile. */
export async function beat(tables: Tables, read: Pulses, now: number): Promise<boolean> {
  try {
    for (const table of pulsedTables) {
      const before = read.tables[table];
      const unchanged =
        before === 0
          ? ({ attribute: 'at', is: 'absent' } as const)
          : ({ attribute: 'at', is: '=', value: before } as const);
      const put = { at: now, before: read.remembered };
      await tables.write({ key: pulseKey(table), put, if: [unchanged] });
    }
    const older = [{ attribute: 'at', is: 'absent or <', value: now }] as const;
    await tables.write({ key: rememberedKey, put: { at: now }, if: older });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}
