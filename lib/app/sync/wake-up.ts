import { z } from 'zod';

const wakeUp = z.object({ writer: z.string().min(1).max(300) });

/** Writer key of a wake-up; undefined for anything else, which nobody but us can send and trying again would not mend. */
export function parseWakeUp(body: string): string | undefined {
  try {
    return wakeUp.parse(JSON.parse(body)).writer;
  } catch {
    return undefined;
  }
}
