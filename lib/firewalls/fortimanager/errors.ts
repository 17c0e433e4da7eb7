import { type ErrorCode, isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';

/** Status codes of an answer: our code for each, and what it says. The HTTP status tells nothing. */
const statusCodes: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [-1]: ['firewall/rejected', 'internal error'],
  [-2]: ['firewall/rejected', 'the object exists'],
  [-3]: ['firewall/object-missing', 'the object does not exist'],
  [-6]: ['firewall/rejected', 'invalid URL'],
  [-10]: ['firewall/rejected', 'the data does not fit'],
  [-11]: ['firewall/permission-denied', 'no permission'],
  [-9998]: ['firewall/rejected', 'the object exists'],
  [-10000]: ['firewall/rejected', 'the object exists'],
  [-10015]: ['firewall/object-in-use', 'the object is used'],
  [-10033]: ['firewall/rejected', 'the object exists'],
  [-10131]: ['firewall/object-missing', 'it refers to an object that does not exist'],
  [-10147]: [
    'firewall/busy',
    'the ADOM is not locked by us: somebody took the lock, or it does not hold from call to call with this API key',
  ],
  [-20002]: ['firewall/rejected', 'unknown device'],
  [-20020]: ['firewall/permission-denied', 'no permission in the device manager'],
  [-20042]: ['firewall/rejected', 'the device does not answer'],
};

const duplicates: ReadonlySet<number> = new Set([-2, -9998, -10000, -10033]);

export interface Status {
  code: number;
  message: string;
}

/** Classifies a status other than 0. `call`: what was asked, for the message. */
export function statusError(call: string, { code, message }: Status): ZonebridgeError {
  const [kind, text] = byMessage({ code, message }) ??
    statusCodes[code] ?? ['firewall/rejected', 'unknown error'];
  const said = printable(message);
  return new ZonebridgeError(
    kind,
    `${call}: ${text} (${said === '' ? 'no reason given' : said}) [status ${code}]`,
    {
      fields: { status: code },
    },
  );
}

/**
 * The lock of another session has a text and no confirmed code. Assumption: no room is told by -1 and words like these; no source
 * gives the answer of a full table or disk.
 */
function byMessage({ code, message }: Status): readonly [ErrorCode, string] | undefined {
  // A code of an object tells enough; the text beside it may hold the name of any.
  if (code in statusCodes && code !== -1 && code !== -10 && code !== -11) return undefined;
  if (isLockText(message)) return ['firewall/busy', 'somebody else holds the lock'];
  if (/no space|maximum number|limit (is |has been )?reached|quota/i.test(message))
    return ['firewall/table-full', 'there is no room'];
  return undefined;
}

export function isLockText(message: string): boolean {
  return /locked by other/i.test(message);
}

export function isDuplicate(error: unknown): boolean {
  return isZonebridgeError(error) && duplicates.has(Number(error.fields.status));
}

export function isMissing(error: unknown): boolean {
  return isZonebridgeError(error, 'firewall/object-missing');
}
