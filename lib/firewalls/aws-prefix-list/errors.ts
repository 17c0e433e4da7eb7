import { type ErrorCode, isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import { networkError } from '../shared/transport.ts';

/**
 * Codes of EC2 and what they are to us (EC2 API reference "Error codes"; InvalidPrefixListModification, PrefixListVersionMismatch, IncorrectState and
 * ConcurrentMutationLimitExceeded as public clients handle them).
 */
const codes: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(UnauthorizedOperation|AccessDenied.*|OperationNotPermitted)$/, 'firewall/permission-denied'],
  [/^OptInRequired$/, 'firewall/scope-missing'],
  [
    /^(AuthFailure|Blocked|InvalidClientTokenId|SignatureDoesNotMatch|RequestExpired|UnrecognizedClient.*|MissingAuthenticationToken.*|InvalidAccessKeyId|ExpiredToken.*|CredentialsProviderError|TokenProviderError)$/,
    'firewall/credentials-rejected',
  ],
  [/^(RequestLimitExceeded|Throttling.*|RequestThrottled.*|TooManyRequests.*)$/, 'firewall/throttled'],
  [/^(IncorrectState|ConcurrentMutationLimitExceeded|PrefixListVersionMismatch)$/, 'firewall/busy'],
  [/^(PrefixListMaxEntriesExceeded|.+LimitExceeded)$/, 'firewall/table-full'],
  [/^InvalidPrefixListI[dD]\.NotFound$/, 'firewall/object-missing'],
];

/** What went wrong with a call, in our words. `write`: when it may have been done although it failed, its outcome is unknown. */
export function callError(error: unknown, call: string, write: boolean): ZonebridgeError {
  if (error instanceof ZonebridgeError) return error;
  const reason = error instanceof Error ? error.name : '';
  const status = statusOf(error);
  const known = codes.find(([form]) => form.test(reason))?.[1];
  const fields = { httpStatus: status, reason };
  const text = `${call}: ${printable(reason)}: ${printable(error instanceof Error ? error.message : undefined)}`;
  // Nothing was sent, or EC2 said what it has against it.
  if (known) return new ZonebridgeError(inRegion(known, text), text, { cause: error, fields });
  if (status === undefined) return networkError(error, call, write);
  if (status === 429) return new ZonebridgeError('firewall/throttled', text, { cause: error, fields });
  if (status >= 500)
    return new ZonebridgeError(write ? 'firewall/outcome-unknown' : 'firewall/busy', text, {
      cause: error,
      fields,
    });
  if (isRefusal(error)) return new ZonebridgeError('firewall/rejected', text, { cause: error, fields });
  const what = write ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer';
  return new ZonebridgeError(what, `${call}: the answer is not one of EC2 [HTTP ${status}]`, {
    cause: error,
    fields,
  });
}

/** Assumption: an endpoint of another region refuses a signature for this one with these words. */
function inRegion(code: ErrorCode, text: string): ErrorCode {
  return code === 'firewall/credentials-rejected' && /scoped to a valid region/i.test(text)
    ? 'firewall/scope-missing'
    : code;
}

/** EC2 answered with one of these codes. */
export function isReason(error: unknown, ...reasons: string[]): error is ZonebridgeError {
  return isZonebridgeError(error) && reasons.includes(String(error.fields.reason));
}

/** There is no list with that id; clients know two ways in which EC2 writes it. */
export function isGone(error: unknown): boolean {
  return isZonebridgeError(error, 'firewall/object-missing');
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && '$fault' in error && error.name !== 'Unknown';
}

/** HTTP status that the SDK noted with an answer; undefined when there was none. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
