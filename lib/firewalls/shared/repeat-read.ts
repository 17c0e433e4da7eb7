import { isZonebridgeError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';

const delaysMs = [100, 300];

/** Runs a read, and again a few times while the device is busy or the connection breaks. Never for writes. */
export async function repeatRead<T>(clock: Clock, read: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const delay = delaysMs[attempt];
      if (delay === undefined || !isWorthRepeating(error)) throw error;
      await clock.sleep(delay);
    }
  }
}

function isWorthRepeating(error: unknown): boolean {
  if (!isZonebridgeError(error, 'firewall/unreachable', 'firewall/busy', 'firewall/unexpected-answer'))
    return false;
  return error.fields.timedOut !== true;
}
