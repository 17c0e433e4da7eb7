import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import type { ApiObject } from './model.ts';

const stateSchema = z.strictObject({
  format: z.literal(1),
  revision: z.int().min(1),
  /** Objects by group and plural, as they stand in listings. */
  objects: z.record(
    z.string(),
    z.array(
      z.looseObject({
        metadata: z.looseObject({ name: z.string(), uid: z.string(), resourceVersion: z.string() }),
      }),
    ),
  ),
});

const quietMilliseconds = 500;

/** Fills an empty cluster from a file; false when there is none yet. Throws RangeError when it is something else. */
export async function restoreState(cluster: Cluster, file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return false;
  try {
    const { objects, revision } = stateSchema.parse(JSON.parse(text));
    const restored = cluster.resources.flatMap((resource) =>
      (objects[`${resource.group}/${resource.plural}`] ?? []).map((object) => ({
        resource,
        object: object as unknown as ApiObject,
      })),
    );
    cluster.store.restore(revision, restored);
    return true;
  } catch (error) {
    throw new RangeError(`${file} is not a state file of this simulator.`, { cause: error });
  }
}

/** Writes the state a moment after a change, and once more at the end. A crash leaves the file before or after. */
export class StateKeeper {
  readonly #cluster: Cluster;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, file: string) {
    this.#cluster = cluster;
    this.#file = file;
    for (const collection of cluster.store.collections.values()) collection.listen(() => this.#changed());
  }

  /** Writes at once, so that a file that cannot be written is known at the start. */
  async begin(): Promise<void> {
    await this.#write();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    await this.#write();
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing
        .then(async () => this.#write())
        .catch((error: unknown) => {
          console.error('The state could not be saved:', error);
        });
    }, quietMilliseconds);
  }

  async #write(): Promise<void> {
    const { collections, revision } = this.#cluster.store;
    const parts = [...collections].map(
      ([name, collection]) =>
        `${JSON.stringify(name)}:[${collection
          .list()
          .map(({ text }) => text)
          .join(',\n')}]`,
    );
    const text = `{"format":1,"revision":${revision},"objects":{${parts.join(',\n')}}}\n`;
    await writeFile(`${this.#file}.partial`, text, { mode: 0o600 });
    await rename(`${this.#file}.partial`, this.#file);
  }
}
