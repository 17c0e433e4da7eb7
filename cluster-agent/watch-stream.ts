import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { WatchEvent } from './lib/ports.ts';

const streamed = z.object({
  type: z.string(),
  object: z.looseObject({
    metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
    code: z.number().optional(),
    message: z.string().optional(),
  }),
});

const eventTypes: Record<string, WatchEvent['type'] | undefined> = {
  ADDED: 'upsert',
  MODIFIED: 'upsert',
  DELETED: 'remove',
  BOOKMARK: 'bookmark',
};

/** The API refused, or ended a watch with an event of type ERROR. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`the Kubernetes API answered ${status}: ${message.slice(0, 300)}`);
    this.status = status;
  }
}

/**
 * Reads a watch until it ends cleanly; `onEvents` gets what arrived together. Throws {@link ApiError} for an event of
 * type ERROR, and an error for a line that is no event, both after what came before them.
 */
export async function readEvents(
  response: Readable,
  onEvents: (events: readonly WatchEvent[]) => void,
): Promise<'ended'> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const text = String(chunk);
    const end = text.lastIndexOf('\n');
    if (end < 0) {
      rest += text;
      continue;
    }
    const lines = (rest + text.slice(0, end)).split('\n');
    rest = text.slice(end + 1);
    const events: WatchEvent[] = [];
    try {
      for (const line of lines) if (line.trim()) events.push(readEvent(line));
    } finally {
      // What came before a bad line counts.
      if (events.length > 0) onEvents(events);
    }
  }
  return 'ended';
}

/** Throws {@link ApiError} for an event of type ERROR. */
function readEvent(line: string): WatchEvent {
  const { type, object } = streamed.parse(JSON.parse(line));
  if (type === 'ERROR') throw new ApiError(object.code ?? 0, object.message ?? 'no message');
  const version = object.metadata?.resourceVersion;
  const known = eventTypes[type];
  if (!known || !version) throw new Error(`the Kubernetes API sent an unknown event ${type.slice(0, 40)}`);
  return { type: known, object, version };
}
