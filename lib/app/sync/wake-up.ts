import { z } from 'zod';
import { isRetry } from '../state/writers.ts';
import type { RunEnd } from './run-context.ts';

const wakeUp = z.object({ writer: z.string().min(1).max(300) });

/** Writer key of a wake-up; undefined for anything else, which nobody but us can send and trying again would not mend. */
export function parseWakeUp(body: string): string | undefined {
  try {
    return wakeUp.parse(JSON.parse(body)).writer;
  } catch {
    return undefined;
  }
}

/** Seconds after which a wake-up comes back; undefined: it is done with. `group`: the message group it came in. */
export function comesBackAfter(end: RunEnd, group: string | undefined): number | undefined {
  return end.postponeSeconds ?? (isRetry(group) ? end.retrySeconds : undefined);
}
