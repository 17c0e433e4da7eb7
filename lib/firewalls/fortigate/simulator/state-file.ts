import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Device, DeviceState } from './device.ts';

const stateSchema = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  serial: z.string(),
  bootTime: z.number(),
  vdoms: z.record(
    z.string(),
    z.strictObject({
      rows: z.record(z.string(), z.array(z.record(z.string(), z.json()))),
      feeds: z.record(
        z.string(),
        z.strictObject({ entries: z.array(z.string()), overflow: z.boolean(), lastUpdate: z.number() }),
      ),
    }),
  ),
});

const quietMilliseconds = 250;

/** Reads a state file; undefined when there is none yet. Throws RangeError when it is something else. */
export async function readState(file: string): Promise<DeviceState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new RangeError(`${file} is not a state file of this simulator.`, { cause: error });
  }
}

/** Writes the state a moment after the last change, and once more at the end. A crash leaves the file before or after. */
export class StateKeeper {
  readonly #device: Device;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(device: Device, file: string) {
    this.#device = device;
    this.#file = file;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#write().catch((error: unknown) => console.error('The state was not saved:', error));
    }, quietMilliseconds);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#write();
  }

  async #write(): Promise<void> {
    const previous = this.#writing.catch(() => undefined);
    this.#writing = previous.then(async () => {
      const fresh = `${this.#file}.new`;
      await writeFile(fresh, JSON.stringify(this.#device.snapshot()), { mode: 0o600 });
      await rename(fresh, this.#file);
    });
    await this.#writing;
  }
}
