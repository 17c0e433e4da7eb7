import type { Clock, Random } from '../../lib/core/ports.ts';

/** Exponential back-off with jitter: a random time, a tenth to all of `base * 2^attempt`, at most `cap` (milliseconds). */
export function backOff(attempt: number, limits: { base: number; cap: number }, random: Random): number {
  const ceiling = Math.min(limits.cap, limits.base * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling * (0.1 + 0.9 * random.next()));
}

/** Sleeps, but not beyond the stop. */
export async function pause(clock: Clock, milliseconds: number, stop: AbortSignal): Promise<void> {
  await untilStopped(clock.sleep(milliseconds), stop);
}

/** Waits for the promise or the stop, whichever comes first. */
async function untilStopped(promise: Promise<unknown>, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  let release = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    release = resolve;
    stop.addEventListener('abort', release, { once: true });
  });
  try {
    await Promise.race([promise, stopped]);
  } finally {
    stop.removeEventListener('abort', release);
  }
}

/** A bell: `wait` returns at the next ring, or at once when it rang since the last wait. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(stop: AbortSignal): Promise<void> {
    if (!this.#rung) {
      const ring = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await untilStopped(ring, stop);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
