import { z } from 'zod';
import { type ErrorCode, type ErrorFields, ZonebridgeError } from '../../core/errors.ts';
import { isModest } from '../shared/modest-json.ts';
import { printable } from '../shared/printable.ts';
import type { Answer } from '../shared/transport.ts';

type Said = Pick<Answer, 'status' | 'text' | 'retryAfterSeconds'>;

const message = z.union([
  z.string(),
  z.looseObject({ description: z.string().optional() }).transform(({ description }) => description),
]);
const envelope = z.looseObject({ messages: z.union([z.array(message), message.transform((one) => [one])]) });

/** A body as whoever asked reads it. */
export type Body = Readonly<Record<string, unknown>>;

/** The JSON object of an answer; undefined for a page, a list, half an answer. An answer of 204 is empty. */
export function parseBody({ status, text }: Said): Body | undefined {
  if (status === 204 && text === '') return {};
  if (!isModest(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}

type Told = readonly [RegExp, ErrorCode, ErrorFields];

const writeLock: Told = [/parallel add\/update\/delete/i, 'firewall/busy', { again: true, locked: true }];

/** Texts that tell more than the status. What stands first in an answer counts: names of objects follow, and may hold any of these words. */
const texts: readonly Told[] = [
  writeLock,
  [/please try again|retry the operation after sometime/i, 'firewall/busy', { again: true }],
  [/(?<![\w-])payload(?![\w-])/i, 'firewall/rejected', {}],
  [/duplicate name|already exists/i, 'firewall/rejected', { duplicate: true }],
  [/(?<![\w-])standby(?![\w-])/i, 'firewall/standby-unit', {}],
  [/required authorization|not authorized/i, 'firewall/permission-denied', {}],
  [/object in use|is referenced|being used/i, 'firewall/object-in-use', {}],
  // Assumption: no source gives the texts of a limit that is reached.
  [/maximum number|limit (is |was )?(reached|exceeded)/i, 'firewall/table-full', {}],
];

const statuses: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['firewall/rejected', 'the request is refused'],
  401: ['firewall/credentials-rejected', 'the token is not accepted'],
  403: ['firewall/permission-denied', 'the user may not do this'],
  404: ['firewall/object-missing', 'not found'],
  405: ['firewall/unsupported', 'this release does not do it'],
  422: ['firewall/rejected', 'the request cannot be processed'],
  429: ['firewall/throttled', 'too many requests'],
};

/** Statuses that tell enough without a body of the manager. */
const plainStatuses = new Set([401, 403, 429]);

/** The error of an answer, or undefined for success. */
export function answerError(
  answer: Said,
  { call, write }: { call: string; write: boolean },
): ZonebridgeError | undefined {
  const { status, retryAfterSeconds } = answer;
  const body = parseBody(answer);
  const said = body && textOf(body);
  const success = status >= 200 && status < 300;
  const fields = { httpStatus: status, retryAfterSeconds };
  if (!body && !plainStatuses.has(status)) return noManager(answer, call, write);
  if (success && said === undefined) return undefined;
  const shown = said === undefined || said === '' ? '' : ` (${said})`;
  // Success with an error: what was done of it only a look can tell.
  if (success) return uncertain(`${call}: success with an error${shown}`, write, fields);
  if (status >= 500) return uncertain(`${call}: internal error${shown} [HTTP ${status}]`, write, fields);
  const [code, text, more] = meaning(status, said);
  return new ZonebridgeError(code, `${call}: ${text}${shown} [HTTP ${status}]`, {
    fields: { ...fields, ...more },
  });
}

/**
 * By the text where it tells more than the status. A refused token is refused whatever the text, and too many requests are too many unless
 * the text is that of the write lock: a limit "exceeded" there is no full table.
 */
function meaning(status: number, said = ''): readonly [ErrorCode, string, ErrorFields] {
  const [code, text] = statuses[status] ?? [
    'firewall/unexpected-answer',
    'an answer that an FMC does not give',
  ];
  const found = tellingTexts(status).filter(([form]) => form.test(said));
  const [told] = found.sort(([a], [b]) => said.search(a) - said.search(b));
  return [told?.[1] ?? code, text, told?.[2] ?? {}];
}

function tellingTexts(status: number): readonly Told[] {
  if (status === 401) return [];
  return status === 429 ? [writeLock] : texts;
}

function uncertain(text: string, write: boolean, fields: ErrorFields): ZonebridgeError {
  return new ZonebridgeError(write ? 'firewall/outcome-unknown' : 'firewall/busy', text, { fields });
}

/**
 * The texts of `error`, in whatever form; undefined when the body holds none. The gateway in front of the cloud writes a text, and the API
 * there has fields of its own.
 */
function textOf({ error, message: more, errorCode, errorMsg }: Body): string | undefined {
  if (error === undefined || error === null)
    return typeof errorCode === 'string' ? printable([errorCode, errorMsg]) : undefined;
  if (typeof error === 'string') return printable([error, more]);
  const parsed = envelope.safeParse(error);
  return printable(parsed.success ? parsed.data.messages : JSON.stringify(error));
}

/** A login page, a proxy's error page, half an answer. */
function noManager(answer: Said, call: string, write: boolean): ZonebridgeError {
  const page = /^\s*</.test(answer.text);
  const what = page ? 'a web page' : 'no JSON of an FMC';
  // A gateway's 5xx, or an answer cut short, says nothing about what the manager did before.
  const open = write && (answer.status >= 500 || (!page && answer.status < 300));
  return new ZonebridgeError(
    open ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer',
    `${call}: ${what} came back [HTTP ${answer.status}]`,
    { fields: { httpStatus: answer.status } },
  );
}
