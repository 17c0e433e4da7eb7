import { z } from 'zod';
import type { Body } from '../envelope.ts';
import type { MappingCommand } from './mapping-chunks.ts';

const entries = z
  .array(
    z.looseObject({
      dynamicObject: z.looseObject({ id: z.string().optional(), name: z.string().optional() }),
      mappings: z.array(z.string()).optional(),
      status: z.string().optional(),
    }),
  )
  .optional();
const echo = z.looseObject({ add: entries, remove: entries });

/** A command and how it was written. */
export interface Sent {
  command: MappingCommand;
  entry: { dynamicObject: { id: string; name: string }; mappings: readonly string[] };
}

/**
 * The manager repeats what it did. What it leaves out of that, or calls failed, may not have been done, whatever the status says; an answer
 * without the lists says nothing of anything.
 */
export function unrepeated(
  sent: readonly Sent[],
  answer: Body,
): ReadonlyMap<MappingCommand, ReadonlySet<string>> {
  const odd = new Map<MappingCommand, ReadonlySet<string>>();
  const read = echo.safeParse(answer);
  for (const { command, entry } of sent) {
    const list = (read.success && read.data[command.op]) || [];
    const { id, name } = entry.dynamicObject;
    const told = list
      .filter(
        ({ dynamicObject: one, status }) =>
          (one.id ?? id) === id && (one.name ?? name) === name && status !== 'FAILED',
      )
      .flatMap(({ mappings }) => mappings ?? []);
    const repeated = new Set(told);
    const lost = new Set(entry.mappings.filter((address) => !repeated.has(address)));
    if (lost.size > 0) odd.set(command, lost);
  }
  return odd;
}
