import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import { refusalError } from './errors.ts';
import { isModest } from '../shared/modest-json.ts';
import { printable } from '../shared/printable.ts';
import type { Answer } from '../shared/transport.ts';

/** What is read of an answer; headers tell nothing here. */
type Said = Omit<Answer, 'headers'>;

/** The common fields of every FortiOS answer; `results` is read by whoever asked. */
const envelope = z.looseObject({
  status: z.string().optional(),
  http_status: z.number().optional(),
  error: z.number().optional(),
  cli_error: z.union([z.string(), z.array(z.unknown())]).optional(),
  results: z.unknown().optional(),
  vdom: z.string().optional(),
  serial: z.string().max(64).optional(),
  version: z.string().max(64).optional(),
  matched_count: z.number().optional(),
  revision: z.string().optional(),
});
export type Envelope = z.infer<typeof envelope>;

/** The envelope, when the answer is one. */
export function parseEnvelope(answer: Said): Envelope | undefined {
  if (!isModest(answer.text)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(answer.text);
  } catch {
    return undefined;
  }
  const parsed = envelope.safeParse(json);
  // Only FortiOS says one of these; a proxy may answer JSON, too.
  const known = parsed.success && (parsed.data.status !== undefined || parsed.data.http_status !== undefined);
  return known ? parsed.data : undefined;
}

/** Statuses that tell enough without a body: FortiOS sends some of them as a page. */
const plainStatuses = new Set([401, 403, 429]);

/** The error of an answer, or undefined for success. `vdom` is the one we asked for. */
export function answerError(
  answer: Said,
  request: { call: string; vdom: string; write: boolean },
): ZonebridgeError | undefined {
  const { call, vdom, write } = request;
  const found = parseEnvelope(answer);
  if (!found) {
    if (plainStatuses.has(answer.status)) {
      return refusalError({
        call,
        status: answer.status,
        number: undefined,
        cliError: '',
        retryAfterSeconds: answer.retryAfterSeconds,
      });
    }
    return notFortios(answer, call, write);
  }
  const status =
    found.http_status !== undefined && found.http_status >= 400 ? found.http_status : answer.status;
  if (status < 200 || status >= 300 || found.status === 'error') {
    const { retryAfterSeconds } = answer;
    return refusalError({
      call,
      status,
      number: found.error,
      cliError: printable(found.cli_error),
      retryAfterSeconds,
    });
  }
  if (found.vdom !== undefined && found.vdom !== vdom) {
    return new ZonebridgeError(
      'firewall/scope-missing',
      `${call}: the answer is about VDOM ${printable(found.vdom)}, not ${vdom}`,
    );
  }
  return undefined;
}

/** A login page, a proxy's error page, half an answer. */
function notFortios(answer: Said, call: string, write: boolean): ZonebridgeError {
  const page = /^\s*</.test(answer.text);
  const what = page ? 'a web page' : 'no JSON of FortiOS';
  const text = `${call}: ${what} came back [HTTP ${answer.status}]`;
  const fields = { httpStatus: answer.status };
  // A gateway's 5xx, or an answer cut short, says nothing about what the device did before.
  const uncertain = write && (answer.status >= 500 || (!page && answer.status < 300));
  return new ZonebridgeError(uncertain ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer', text, {
    fields,
  });
}
