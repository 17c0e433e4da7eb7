import type { Readable } from 'node:stream';
import { z } from 'zod';
import { ApiError } from './lib/api-error.ts';
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

/**
 * Reads a watch until it ends cleanly; `onEvents` gets what arrived together. Throws {@link ApiError} for an event of
 * type ERROR and for a line that is no event, both after what came before them. Half a line at the end is no event yet:
 * a watch that goes on from the version before it gets the whole one.
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

/** Throws {@link ApiError} for an event of type ERROR, and with status 0 for what is no event. */
function readEvent(line: string): WatchEvent {
  const parsed = streamed.safeParse(parseJson(line));
  if (!parsed.success) throw new ApiError(0, `a line that is no event: ${line.slice(0, 100)}`);
  const { type, object } = parsed.data;
  if (type === 'ERROR') throw new ApiError(object.code ?? 500, object.message ?? 'no message');
  const version = object.metadata?.resourceVersion;
  const known = eventTypes[type];
  if (!known || !version) throw new ApiError(0, `an unknown event ${type.slice(0, 40)}`);
  return { type: known, object, version };
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
