import { setTimeout as delay } from 'node:timers/promises';

/** Asks until it is so or the time is over; gives the milliseconds it took, undefined when it never was. */
export async function until(
  done: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 50,
): Promise<number | undefined> {
  const begin = performance.now();
  while (performance.now() - begin < timeoutMs) {
    if (await done()) return Math.round(performance.now() - begin);
    await delay(everyMs);
  }
  return undefined;
}
