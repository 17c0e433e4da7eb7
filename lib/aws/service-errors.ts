import { ZonebridgeError } from '../core/errors.ts';

const throttled = new Set([
  'InternalFailure',
  'InternalServerError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'ServiceUnavailable',
  'ThrottlingException',
  'TransactionInProgressException',
]);

/** The name of an SDK error, such as `ConditionalCheckFailedException`. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** True when the service was not reached, did not answer in time, is overloaded or ill: the same call may work later. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (throttled.has(error.name)) return true;
  const status = httpStatus(error);
  if (status !== undefined) return status >= 500 || status === 429;
  // No answer at all: the SDK's own time-outs and the errors of sockets (ECONNRESET; not ERR_INVALID_URL).
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return true;
  return 'code' in error && typeof error.code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(error.code);
}

/** `store/unavailable` for transient errors, the error itself for anything else (missing rights, missing table). */
export function translate(error: unknown, service: string): unknown {
  if (!isTransient(error)) return error;
  return new ZonebridgeError('store/unavailable', `${service} did not answer as expected: ${reason(error)}`, {
    cause: error,
  });
}

/** Name, code of the socket and text, each where it says something: a refused connection is named `Error` and may have no text. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = error.message.includes(code) ? '' : code;
  const name = error.name === 'Error' ? '' : error.name;
  const parts = [name, known, error.message].filter((part) => part !== '');
  return parts.join(': ') || code || 'no reason given';
}

function httpStatus(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
