import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { appliedReport, type AppliedReport } from '../../core/way-back/report.ts';
import { type ManifestPart, manifestParts } from '../../core/way-back/manifest.ts';
import { count } from './items.ts';
import { noteTold, readTold, type Told } from './told.ts';

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
    parts: item?.['parts'] === undefined ? [] : manifestParts.parse(item['parts']),
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

/** What the agent of a cluster told last of what it applied. */
export type ToldApplied = Told<AppliedReport>;

function appliedKey(cluster: string): Key {
  return { table: 'control', pk: `applied|${cluster}` };
}

export async function noteApplied(tables: Tables, cluster: string, told: ToldApplied): Promise<void> {
  await noteTold(tables, appliedKey(cluster), told);
}

/** What was published for a cluster and what became of it there; undefined when nothing was. */
export async function readWayBack(
  tables: Tables,
  cluster: string,
): Promise<(DesiredRow & { told: ToldApplied | undefined }) | undefined> {
  const [desired, applied] = await tables.read([desiredKey(cluster), appliedKey(cluster)]);
  if (desired === undefined) return undefined;
  return { ...desiredIn(desired), told: readTold(applied, appliedReport) };
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
