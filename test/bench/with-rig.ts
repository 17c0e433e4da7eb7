import { cpus, totalmem } from 'node:os';
import { Rig, type RigOptions } from './rig.ts';

/** Says on standard error what goes on, with the seconds since the start. */
export function progressFrom(begin: number): (line: string) => void {
  return (line) => console.error(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

/** Starts a sandbox, plays on it, and stops it whatever happens, also on Ctrl-C. */
export async function withRig<T>(options: RigOptions, play: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await Rig.start(options);
  const stop = (): void => void rig.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    return await play(rig);
  } finally {
    await rig.stop();
  }
}

/** What every result says of the machine it was measured on. */
export function machine(): { cores: number; memoryGiB: number } {
  return { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) };
}

/** Reads `--name value` as a positive number. Throws RangeError. */
export function positive(value: string | undefined, name: string, fallback: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!Number.isFinite(number) || number <= 0)
    throw new RangeError(`--${name} takes a number above 0, not ${JSON.stringify(value)}`);
  return number;
}
