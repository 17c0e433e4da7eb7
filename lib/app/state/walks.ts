import { isZonebridgeError } from '../../core/errors.ts';
import type { Key, Tables } from '../../core/ports.ts';
import { count, texts } from './items.ts';

function walkKey(cluster: string): Key {
  return { table: 'control', pk: `walk|${cluster}` };
}

/** A walk of a cluster begins; one of a later generation is not set back. */
export async function noteWalkBegins(tables: Tables, cluster: string, generation: number): Promise<void> {
  await tables
    .write({
      key: walkKey(cluster),
      put: { generation },
      if: [{ attribute: 'generation', is: 'absent or <', value: generation }],
    })
    .catch(unlessLater);
}

/** Every endpoint of this part of a cluster was taken to the generation. */
export async function notePartWalked(
  tables: Tables,
  cluster: string,
  { generation, part }: { generation: number; part: string },
): Promise<void> {
  await tables
    .write({
      key: walkKey(cluster),
      update: { addToSet: { parts: [part] } },
      if: [{ attribute: 'generation', is: '=', value: generation }],
    })
    .catch(unlessLater);
}

/** Whether every endpoint of these clusters was evaluated under the generation: before that nobody can say what is wanted by nobody. */
export async function isWalked(
  tables: Tables,
  clusters: readonly string[],
  at: { generation: number; parts: number },
): Promise<boolean> {
  const items = await tables.read(clusters.map(walkKey));
  // A cluster that was never walked had nothing to tell before it was configured, or was walked by an older version.
  return items.every(
    (item) =>
      item === undefined ||
      (count(item, 'generation') >= at.generation && texts(item, 'parts').length >= at.parts),
  );
}

function unlessLater(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}
