import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { appliedReport, type AppliedReport } from '../../core/way-back/report.ts';
import type { ManifestPart } from '../../core/way-back/manifest.ts';
import { count } from './items.ts';

/** What was published for a cluster: the truth from which manifests are made, never from what lies in the bucket. */
export interface DesiredRow {
  /** 0: nothing yet. */
  generation: number;
  /** The generation whose manifest lies in the bucket. */
  published: number;
  parts: readonly ManifestPart[];
}

function desiredKey(cluster: string): Key {
  return { table: 'control', pk: `desired|${cluster}` };
}

export async function readDesired(tables: Tables, cluster: string): Promise<DesiredRow> {
  const [item] = await tables.read([desiredKey(cluster)]);
  return desiredIn(item);
}

function desiredIn(item: Item | undefined): DesiredRow {
  return {
    generation: count(item, 'generation'),
    published: count(item, 'published'),
    parts: Array.isArray(item?.['parts']) ? (item['parts'] as unknown as ManifestPart[]) : [],
  };
}

/** Takes the next generation; false when somebody else took one since `before` was read. */
export async function advanceDesired(
  tables: Tables,
  cluster: string,
  { before, generation, parts }: { before: DesiredRow; generation: number; parts: readonly ManifestPart[] },
): Promise<boolean> {
  const set = { generation, parts: parts.map((part) => ({ ...part })) };
  return written(() =>
    tables.write({
      key: desiredKey(cluster),
      update: { set },
      if: [{ attribute: 'generation', is: 'absent or =', value: before.generation }],
    }),
  );
}

/** Notes whose manifest lies in the bucket; an older one changes nothing. */
export async function notePublished(tables: Tables, cluster: string, generation: number): Promise<void> {
  await written(() =>
    tables.write({
      key: desiredKey(cluster),
      update: { set: { published: generation } },
      if: [{ attribute: 'published', is: 'absent or <', value: generation }],
    }),
  );
}

/** What the agent of a cluster told of it last. */
export interface ToldApplied {
  epoch: number;
  /** Counts the reports of an agent process. */
  number: number;
  report: AppliedReport;
  /** Milliseconds since 1970 at which the hub got it. */
  at: number;
}

function appliedKey(cluster: string): Key {
  return { table: 'control', pk: `applied|${cluster}` };
}

/** Keeps a report, unless a later one came before it: events may be late and repeated. */
export async function noteApplied(tables: Tables, cluster: string, told: ToldApplied): Promise<void> {
  const key = appliedKey(cluster);
  const [item] = await tables.read([key]);
  const { epoch, number, at } = told;
  const isNewer =
    epoch > count(item, 'epoch') || (epoch === count(item, 'epoch') && number > count(item, 'number'));
  if (!isNewer) return;
  const revision = count(item, 'revision');
  const report = JSON.parse(JSON.stringify(told.report)) as Item;
  const stored = await written(() =>
    tables.write({
      key,
      put: { epoch, number, at, report, revision: revision + 1 },
      if: [{ attribute: 'revision', is: 'absent or =', value: revision }],
    }),
  );
  if (!stored) await noteApplied(tables, cluster, told);
}

/** What was published for a cluster and what became of it there; undefined when nothing was. */
export async function readWayBack(
  tables: Tables,
  cluster: string,
): Promise<(DesiredRow & { told: ToldApplied | undefined }) | undefined> {
  const [desired, applied] = await tables.read([desiredKey(cluster), appliedKey(cluster)]);
  if (desired === undefined) return undefined;
  const report = appliedReport.safeParse(applied?.['report']);
  const told = report.success
    ? {
        epoch: count(applied, 'epoch'),
        number: count(applied, 'number'),
        at: count(applied, 'at'),
        report: report.data,
      }
    : undefined;
  return { ...desiredIn(desired), told };
}

async function written(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return false;
    throw error;
  }
}
