import { z } from 'zod';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

const events = z.int().min(0).default(0);

/** One fault as it is written in a file or posted. Unknown fields are refused. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** A Status with this code instead of an answer: 401, 403, 410, 429, 500, 503, 504 ... */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599),
    reason: z.string().optional(),
    message: z.string().optional(),
    retryAfterSeconds: z.int().min(0).optional(),
    ...faultFields,
  }),
  /** Waits, then handles the request. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(0), ...faultFields }),
  /** Cuts the connection; the request is not handled. */
  plainFault('drop'),
  /** Handles the request, then cuts the connection: the reply is lost. */
  plainFault('drop-after-commit'),
  /** Sends the first half of the answer, then cuts the connection. */
  plainFault('truncate'),
  /** Sends the first half of the answer, then nothing, and does not close. */
  plainFault('stall'),
  /** Never answers and never closes, as a connection whose other end is gone. */
  plainFault('half-open'),
  /** Ends watches after so many events. */
  z.strictObject({
    kind: z.literal('watch-end'),
    how: z.enum(['clean', 'abrupt']).default('clean'),
    events,
    ...faultFields,
  }),
  /** After so many events a watch is silent and stays open. */
  z.strictObject({ kind: z.literal('watch-silence'), events, ...faultFields }),
  /** After so many events a watch ends with the event that its version is too old. */
  z.strictObject({ kind: z.literal('watch-gone'), events, ...faultFields }),
  /** After so many events a watch sends this text as it is, such as an event of type ERROR or half a line, and ends cleanly. */
  z.strictObject({ kind: z.literal('watch-text'), text: z.string().min(1), events, ...faultFields }),
  /** Each event of a watch comes twice. */
  plainFault('watch-duplicate'),
  /** Each event of a watch is followed by the one before it about the same object, again. */
  plainFault('watch-stale'),
  /** Each event of a watch comes this much later. */
  z.strictObject({ kind: z.literal('watch-delay'), milliseconds: z.int().min(1), ...faultFields }),
  /** Cuts all connections and refuses new ones for a while; watches cannot be resumed from before, versions go on. */
  z.strictObject({
    kind: z.literal('restart'),
    milliseconds: z.int().min(1),
    immediately: z.boolean().default(false),
    ...faultFields,
  }),
]);

export type Fault = z.infer<typeof faultSchema> & { id: string };
