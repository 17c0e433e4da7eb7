import type { ErrorCode } from '../../core/errors.ts';
import { ZonebridgeError } from '../../core/errors.ts';

/**
 * Codes in the attribute `code` of an answer: our code for each, and what it says ("PAN-OS XML API Error Codes", 11.1). Those that say
 * too little, 400 and 403, are told apart by their text first.
 */
const panosErrors: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ['firewall/rejected', 'unknown command'],
  2: ['firewall/busy', 'internal error'],
  3: ['firewall/busy', 'internal error'],
  4: ['firewall/busy', 'internal error'],
  5: ['firewall/busy', 'internal error'],
  6: ['firewall/rejected', 'bad xpath'],
  7: ['firewall/object-missing', 'object not present'],
  8: ['firewall/rejected', 'object not unique'],
  10: ['firewall/object-in-use', 'something refers to it'],
  11: ['firewall/busy', 'internal error'],
  12: ['firewall/rejected', 'invalid object'],
  13: ['firewall/object-missing', 'object not found'],
  14: ['firewall/rejected', 'operation not possible'],
  15: ['firewall/standby-unit', 'operation denied: this unit is passive'],
  16: ['firewall/permission-denied', 'the role of the administrator does not allow it'],
  17: ['firewall/rejected', 'invalid command'],
  18: ['firewall/rejected', 'malformed XML'],
  21: ['firewall/busy', 'internal error'],
  22: ['firewall/busy', 'the session timed out'],
  400: ['firewall/rejected', 'bad parameter'],
  403: ['firewall/permission-denied', 'the role of the administrator does not allow it'],
};

/** After these nobody knows what a write has done before. */
const internal = new Set([2, 3, 4, 5, 11, 21]);

type Told = readonly (readonly [RegExp, ErrorCode])[];

/** Texts that tell more than any code: what the vendor's own client looks for. */
const texts: Told = [
  [
    /invalid credential|invalid (api )?key|key (has )?expired|api keys? expired/i,
    'firewall/credentials-rejected',
  ],
  [/session timed out/i, 'firewall/busy'],
  [/locked by|currently locked|commit lock is|config lock for scope/i, 'firewall/busy'],
  [
    /commit\/validate is in progress|commit is in progress|install is in progress|commit is pending/i,
    'firewall/busy',
  ],
];

/** Assumptions, because no source gives the words. They count where the code says little: the name of an object may hold them, too. */
const assumed: Told = [
  [/not connected|device .* disconnected/i, 'firewall/unreachable'],
  [
    /(unknown|invalid|no such|illegal).{0,40}\bvsys|\bvsys\b.{0,40}(unknown|not exist|not found)/i,
    'firewall/scope-missing',
  ],
  [/passive (peer|device|unit|firewall)/i, 'firewall/standby-unit'],
  [/no such node/i, 'firewall/object-missing'],
  [/maximum|capacity|limit (reached|exceeded)|table (is )?full/i, 'firewall/table-full'],
];
const definitive = new Set([7, 8, 10, 13, 15, 22]);

export interface Refusal {
  /** What was asked, for the message. */
  call: string;
  httpStatus: number;
  code: number | undefined;
  /** Already fit to print. */
  text: string;
  write: boolean;
}

/** Classifies a refusal of the XML interface: by its text where that is known, else by its code. */
export function refusalError({ call, httpStatus, code, text, write }: Refusal): ZonebridgeError {
  const known = code === undefined ? undefined : panosErrors[code];
  const words = text.replace(/"[^"]*"|'[^']*'/g, '');
  const tell = code !== undefined && definitive.has(code) ? texts : [...texts, ...assumed];
  const told = tell.find(([pattern]) => pattern.test(words))?.[1];
  const uncertain = write && code !== undefined && internal.has(code) && told === undefined;
  const kind = uncertain ? 'firewall/outcome-unknown' : (told ?? known?.[0] ?? 'firewall/rejected');
  const says = text === '' ? (known?.[1] ?? 'refused') : text;
  const number = code === undefined ? '' : `, PAN-OS code ${code}`;
  const fields = { httpStatus, panosCode: code, notSent: kind === 'firewall/unreachable' };
  return new ZonebridgeError(kind, `${call}: ${says} [HTTP ${httpStatus}${number}]`, { fields });
}
