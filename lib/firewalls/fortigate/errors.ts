import type { ErrorCode } from '../../core/errors.ts';
import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';

/** Error numbers in the field `error` of an answer: our code for each, and what it says. The HTTP status tells much less. */
export const fortiosErrors: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [-1]: ['firewall/rejected', 'invalid length of value'],
  [-2]: ['firewall/rejected', 'index out of range'],
  [-3]: ['firewall/object-missing', 'entry not found'],
  [-4]: ['firewall/table-full', 'maximum number of entries reached'],
  [-5]: ['firewall/rejected', 'duplicate entry'],
  [-7]: ['firewall/rejected', 'conflicts with system settings'],
  [-8]: ['firewall/rejected', 'invalid IP address'],
  [-9]: ['firewall/rejected', 'invalid netmask'],
  [-14]: ['firewall/permission-denied', 'permission denied'],
  [-15]: ['firewall/rejected', 'duplicate entry'],
  [-16]: ['firewall/rejected', 'blank address entry'],
  [-17]: ['firewall/rejected', 'wrong address entry'],
  [-20]: ['firewall/rejected', 'blank or wrong name'],
  [-23]: ['firewall/busy', 'entry is used by another object'],
  [-37]: ['firewall/permission-denied', 'permission denied'],
  [-45]: ['firewall/rejected', 'invalid IP range'],
  [-50]: ['firewall/rejected', 'wrong input format'],
  [-56]: ['firewall/rejected', 'empty value not allowed'],
  [-61]: ['firewall/rejected', 'command error'],
  [-72]: ['firewall/rejected', 'too many characters'],
  [-73]: ['firewall/rejected', 'end of range below its start'],
  [-160]: ['firewall/rejected', 'generic configuration error'],
  [-163]: ['firewall/rejected', 'an address or address group has this name'],
  [-164]: ['firewall/rejected', 'a virtual IP has this name'],
  [-165]: ['firewall/rejected', 'a virtual IP group has this name'],
  [-166]: ['firewall/rejected', 'name too long'],
  [-173]: ['firewall/rejected', 'text holds characters that are not allowed'],
  [-254]: ['firewall/rejected', 'invalid IPv6 prefix'],
  [-255]: ['firewall/rejected', 'invalid IPv6 address'],
  [-360]: ['firewall/busy', 'configuration command timed out'],
  [-361]: ['firewall/busy', 'configuration command failed to add'],
  [-515]: ['firewall/rejected', 'name is a reserved word'],
  [-553]: ['firewall/rejected', 'name is taken by an interface, VDOM or zone'],
  [-560]: ['firewall/rejected', 'name is a reserved word'],
  [-580]: ['firewall/table-full', 'limit of the VDOM reached'],
  [-650]: ['firewall/rejected', 'number out of range'],
  [-651]: ['firewall/rejected', 'invalid value or unknown reference'],
};

const statusErrors: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['firewall/rejected', 'the request cannot be processed'],
  401: ['firewall/credentials-rejected', 'the API token is not accepted'],
  403: ['firewall/permission-denied', 'the API administrator may not do this'],
  404: ['firewall/object-missing', 'not found'],
  405: ['firewall/rejected', 'the method is not allowed here'],
  413: ['firewall/rejected', 'the request is too large'],
  424: ['firewall/rejected', 'a parameter is missing or wrong'],
  429: ['firewall/throttled', 'too many failed logins, or blocked for a while'],
};

export interface Refusal {
  /** What was asked, for the message: method and path without query. */
  call: string;
  status: number;
  /** The field `error`, or undefined. */
  number: number | undefined;
  cliError: string;
  retryAfterSeconds?: number | undefined;
}

/** Classifies a refusal: by its number, else by the number its command line text ends with, else by the HTTP status. */
export function refusalError(refusal: Refusal): ZonebridgeError {
  const { call, status, cliError } = refusal;
  const printed = /return code (-\d+)\s*$/i.exec(cliError)?.[1];
  const number = refusal.number ?? (printed === undefined ? undefined : Number(printed));
  const byNumber =
    number === undefined ? undefined : (fortiosErrors[number] ?? ['firewall/rejected', 'unknown error']);
  const [code, text] = byNumber ?? statusErrors[status] ?? unnamed(status);
  const numberText = number === undefined ? '' : `, FortiOS error ${number}`;
  const said = cliError === '' ? '' : ` (${cliError})`;
  return new ZonebridgeError(code, `${call}: ${text}${said} [HTTP ${status}${numberText}]`, {
    fields: { httpStatus: status, fortiosError: number, retryAfterSeconds: refusal.retryAfterSeconds },
  });
}

function unnamed(status: number): readonly [ErrorCode, string] {
  return status >= 500
    ? ['firewall/busy', 'internal error']
    : ['firewall/unexpected-answer', 'an answer FortiOS does not give'];
}

/** The entry, or something the call refers to, is not there. */
export function isMissing(error: unknown): boolean {
  return isZonebridgeError(error, 'firewall/object-missing');
}

export function isDuplicate(error: unknown): boolean {
  return isZonebridgeError(error) && (error.fields.fortiosError === -5 || error.fields.fortiosError === -15);
}

export function isInUse(error: unknown): boolean {
  return isZonebridgeError(error) && error.fields.fortiosError === -23;
}
