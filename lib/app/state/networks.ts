import { isZonebridgeError } from '../../core/errors.ts';
import { type NetworkReport, networkReport } from '../../core/network/report.ts';
import type { Item, Key, Tables, Value } from '../../core/ports.ts';
import { count } from './items.ts';

/** What the agent of a cluster told of its network last. A row of its own: the row of the cluster is read with every event. */
export interface ToldNetwork {
  epoch: number;
  /** Counts the reports of an agent process. */
  number: number;
  report: NetworkReport;
  /** Milliseconds since 1970 at which the hub got it. */
  at: number;
}

/** An agent tells again long before; what is older may have changed since. */
export const networkMaxAgeMs = 24 * 60 * 60_000;

export function networkKey(cluster: string): Key {
  return { table: 'control', pk: `network|${cluster}` };
}

/** Undefined when nothing was told, or when another version of the hub stored what this one cannot read. */
export function readToldNetwork(item: Item | undefined): ToldNetwork | undefined {
  const report = networkReport.safeParse(item?.['report']);
  if (!report.success) return undefined;
  return {
    epoch: count(item, 'epoch'),
    number: count(item, 'number'),
    report: report.data,
    at: count(item, 'at'),
  };
}

/** Keeps a report, unless a later one came before it: events may be late and repeated. */
export async function noteNetwork(tables: Tables, cluster: string, told: ToldNetwork): Promise<void> {
  const key = networkKey(cluster);
  const [item] = await tables.read([key]);
  const { epoch, number, at } = told;
  const isNewer =
    epoch > count(item, 'epoch') || (epoch === count(item, 'epoch') && number > count(item, 'number'));
  if (!isNewer) return;
  const revision = count(item, 'revision');
  const report = JSON.parse(JSON.stringify(told.report)) as Value;
  try {
    await tables.write({
      key,
      put: { epoch, number, at, report, revision: revision + 1 },
      if: [{ attribute: 'revision', is: 'absent or =', value: revision }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    await noteNetwork(tables, cluster, told);
  }
}
