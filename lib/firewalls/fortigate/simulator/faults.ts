import { z } from 'zod';
import { faultFields } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. Unknown fields are refused. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** An error envelope instead of handling the request. */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599).default(500),
    error: z.int().optional(),
    cliError: z.union([z.string(), z.array(z.string())]).optional(),
    ...faultFields,
  }),
  /** 429 without JSON, as after too many failed logins. */
  z.strictObject({
    kind: z.literal('throttle'),
    retryAfterSeconds: z.int().min(0).optional(),
    ...faultFields,
  }),
  /** Waits, then handles the request. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(0), ...faultFields }),
  /** Cuts the connection; the request is not handled. */
  z.strictObject({ kind: z.literal('drop'), ...faultFields }),
  /** Handles the request, then cuts the connection: the reply is lost. */
  z.strictObject({ kind: z.literal('drop-after-commit'), ...faultFields }),
  /** 500 with a page instead of JSON. */
  z.strictObject({ kind: z.literal('server-error'), ...faultFields }),
  /** 200 with the login page. */
  z.strictObject({ kind: z.literal('login-page'), ...faultFields }),
  z.strictObject({ kind: z.literal('unauthorized'), ...faultFields }),
  z.strictObject({ kind: z.literal('forbidden'), ...faultFields }),
  /** GETs are answered from a copy of the device made when the fault was set. */
  z.strictObject({ kind: z.literal('stale'), ...faultFields }),
  /** Cuts this connection and all others and refuses new ones for a while; `immediately` does not wait for a request. */
  z.strictObject({
    kind: z.literal('down'),
    milliseconds: z.int().min(1),
    immediately: z.boolean().default(false),
    ...faultFields,
  }),
]);

export type Fault = z.infer<typeof faultSchema> & { id: string };
