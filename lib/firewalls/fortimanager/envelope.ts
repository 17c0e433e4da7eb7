import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import { isModest } from '../shared/modest-json.ts';
import type { Answer } from '../shared/transport.ts';

const element = z.looseObject({
  status: z.object({ code: z.number().int(), message: z.string().catch('') }),
  url: z.string().optional(),
  data: z.unknown().optional(),
  taskid: z.number().int().optional(),
});

/** What one element of a request came to. */
export type Element = z.infer<typeof element>;

const envelope = z.object({
  // One element may come without a list around it.
  result: z.union([z.array(element), element.transform((one) => [one])]),
  // A text after a login, a number in some failures.
  session: z.union([z.string(), z.number()]).nullish(),
});

export type Envelope = z.infer<typeof envelope>;

/** Rows of a table. One without rows may be null; one that did not come at all is no answer, and so is not empty. */
export function rowsOf<T>(row: z.ZodType<T>) {
  return z.array(row).or(z.null().transform((): T[] => []));
}

/** The envelope, when the answer is one; whatever the HTTP status, because clients of this API look at the elements alone. */
export function parseEnvelope(answer: Pick<Answer, 'text'>): Envelope | undefined {
  if (!isModest(answer.text)) return undefined;
  try {
    const parsed = envelope.safeParse(JSON.parse(answer.text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The error of an answer that is none of this API: a login page, a proxy's error, half an answer. */
export function strangerError(
  answer: Omit<Answer, 'headers'>,
  call: string,
  write: boolean,
): ZonebridgeError {
  const { status, retryAfterSeconds } = answer;
  const fields = { httpStatus: status, retryAfterSeconds };
  if (status === 401)
    return new ZonebridgeError('firewall/credentials-rejected', `${call}: not accepted [HTTP 401]`, {
      fields,
    });
  if (status === 403)
    return new ZonebridgeError('firewall/permission-denied', `${call}: forbidden [HTTP 403]`, { fields });
  if (status === 429)
    return new ZonebridgeError('firewall/throttled', `${call}: blocked for a while [HTTP 429]`, { fields });
  const page = /^\s*</.test(answer.text);
  const what = page ? 'a web page' : 'no JSON-RPC of FortiManager';
  // A gateway's 5xx, or an answer cut short, says nothing about what the manager did before.
  const uncertain = write && (status >= 500 || (!page && status < 300));
  const code = uncertain ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer';
  return new ZonebridgeError(code, `${call}: ${what} came back [HTTP ${status}]`, { fields });
}
