import { type ErrorCode, isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import { networkError } from '../shared/transport.ts';

/** There is no such list. */
export const notFound = new Error('no such list');
/** The list is not what the write was on condition of. */
export const preconditionFailed = new Error('the list is another by now');

/** What S3 calls its refusals (S3 API reference, "Error responses"), and what they mean for us. */
const codes: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: 'firewall/permission-denied',
  AllAccessDisabled: 'firewall/permission-denied',
  NoSuchBucket: 'firewall/scope-missing',
  PermanentRedirect: 'firewall/scope-missing',
  EntityTooLarge: 'firewall/table-full',
  ExpiredToken: 'firewall/credentials-rejected',
  InvalidAccessKeyId: 'firewall/credentials-rejected',
  InvalidToken: 'firewall/credentials-rejected',
  SignatureDoesNotMatch: 'firewall/credentials-rejected',
  CredentialsProviderError: 'firewall/credentials-rejected',
  RequestTimeTooSkewed: 'firewall/credentials-rejected',
  SlowDown: 'firewall/throttled',
  RequestLimitExceeded: 'firewall/throttled',
  InternalError: 'firewall/busy',
  ServiceUnavailable: 'firewall/busy',
  RequestTimeout: 'firewall/busy',
  OperationAborted: 'firewall/busy',
};
/** `ConditionalRequestConflict`: somebody writes the same list at this moment. */
const lost = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/**
 * What an error of the SDK means: one of ours, {@link notFound} or {@link preconditionFailed}. `clean` takes out of what was answered what
 * was sent as a credential.
 */
export function failure(
  error: unknown,
  call: string,
  write: boolean,
  clean: (text: string) => string,
): unknown {
  if (!(error instanceof Error) || isZonebridgeError(error)) return error;
  const status = statusOf(error);
  if (status === undefined) return withoutAnswer(error, call, write);
  if (error.name === 'NoSuchKey') return write && call.startsWith('PUT') ? preconditionFailed : notFound;
  if (lost.has(error.name)) return preconditionFailed;
  const code = codes[error.name] ?? byStatus(status, call);
  const said = `${printable(clean(error.name))}: ${printable(clean(error.message))}`;
  return new ZonebridgeError(code, `${call}: ${status} ${said}`, { fields: { status } });
}

/** What answers without a word of S3: HEAD has no body, and proxies have pages. */
function byStatus(status: number, call: string): ErrorCode {
  const head = call.startsWith('HEAD');
  if (status === 429) return 'firewall/throttled';
  if (status === 401) return 'firewall/credentials-rejected';
  if (head && status === 403) return 'firewall/permission-denied';
  if (head && (status === 404 || status === 301)) return 'firewall/scope-missing';
  if (status >= 500) return 'firewall/busy';
  return status < 400 ? 'firewall/unexpected-answer' : 'firewall/rejected';
}

function withoutAnswer(error: Error, call: string, write: boolean): unknown {
  if (error instanceof ZonebridgeError || error instanceof TypeError || error instanceof RangeError)
    return error;
  if (error.name === 'CredentialsProviderError')
    return new ZonebridgeError('firewall/credentials-rejected', `${call}: ${printable(error.message)}`);
  // The SDK calls a wait that we ended `AbortError`, and a connection that broke `TimeoutError`, with its code.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (error.name === 'AbortError' || code === undefined || code === 'ETIMEDOUT')
    return networkError(new DOMException(error.message, 'TimeoutError'), call, write);
  return networkError(Object.assign(new Error(error.message), { code }), call, write);
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null)
    return undefined;
  const status = 'httpStatusCode' in error.$metadata ? error.$metadata.httpStatusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
