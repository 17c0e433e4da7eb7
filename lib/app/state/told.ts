import type { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables, Value } from '../../core/ports.ts';
import { count } from './items.ts';

/** What the agent of a cluster told of something last. A row of its own: the row of the cluster is read with every event. */
export interface Told<Report> {
  epoch: number;
  /** Counts the reports of an agent process. */
  number: number;
  report: Report;
  /** Milliseconds since 1970 at which the hub got it. */
  at: number;
}

/** Undefined when nothing was told, or when another version of the hub stored what this one cannot read. */
export function readTold<Report>(
  item: Item | undefined,
  schema: z.ZodType<Report>,
): Told<Report> | undefined {
  const report = schema.safeParse(item?.['report']);
  if (!report.success) return undefined;
  return {
    epoch: count(item, 'epoch'),
    number: count(item, 'number'),
    report: report.data,
    at: count(item, 'at'),
  };
}

/** Keeps a report, unless a later one came before it: events may be late and repeated. */
export async function noteTold(tables: Tables, key: Key, told: Told<unknown>): Promise<void> {
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
    await noteTold(tables, key, told);
  }
}
