import { errorCodes, type Retry } from './error-codes.ts';

export type ErrorCode = keyof typeof errorCodes;

/** Values worth reading in an error; never secrets. */
export type ErrorFields = Record<string, string | number | boolean | undefined>;

/** The one error type of Zonebridge. `message` says what was seen; `remedy` what to do; `cause` keeps the original error. */
export class ZonebridgeError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly remedy: string;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, more: { cause?: unknown; fields?: ErrorFields } = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = 'ZonebridgeError';
    this.code = code;
    this.retry = errorCodes[code][0];
    this.remedy = errorCodes[code][1];
    this.fields = more.fields ?? {};
  }
}

const aboutDevice: readonly ErrorCode[] = [
  'firewall/credentials-rejected',
  'firewall/permission-denied',
  'firewall/certificate-untrusted',
  'firewall/scope-missing',
  'firewall/unknown-device',
];

/** True when the firewall as a whole refuses us, not this one change: the change keeps waiting until a person mended it. */
export function refusesAll(error: ZonebridgeError): boolean {
  return aboutDevice.includes(error.code);
}

/** True for errors of the family, optionally with one of the given codes. */
export function isZonebridgeError(error: unknown, ...codes: ErrorCode[]): error is ZonebridgeError {
  return error instanceof ZonebridgeError && (codes.length === 0 || codes.includes(error.code));
}

/** One problem in something a person wrote, with its place. */
export interface Problem {
  /** Path in the document, such as `groups[2].select`. */
  path: string;
  message: string;
  /** 1-based, when known. */
  line?: number;
  file?: string;
}
