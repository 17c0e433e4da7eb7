import { type NetworkReport, networkReport } from '../../core/network/report.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { noteTold, readTold, type Told } from './told.ts';

/** What the agent of a cluster told of its network last. */
export type ToldNetwork = Told<NetworkReport>;

/** An agent tells again long before; what is older may have changed since. */
export const networkMaxAgeMs = 24 * 60 * 60_000;

export function networkKey(cluster: string): Key {
  return { table: 'control', pk: `network|${cluster}` };
}

export function readToldNetwork(item: Item | undefined): ToldNetwork | undefined {
  return readTold(item, networkReport);
}

export async function noteNetwork(tables: Tables, cluster: string, told: ToldNetwork): Promise<void> {
  await noteTold(tables, networkKey(cluster), told);
}
