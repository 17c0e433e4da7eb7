import type { ErrorCode } from '../core/errors.ts';

/** What the exit code of a command means; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  /** Something failed, expected or not. */
  failed: 1,
  /** Wrong usage or invalid input: trying again changes nothing. */
  invalid: 2,
  /** Done as far as allowed: changes are held, or something waits for a person. */
  held: 3,
  /** A firewall or service did not answer, or not usefully; trying again may help. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const invalid: readonly ErrorCode[] = [
  'address/invalid',
  'approval/ticket',
  'cluster/not-configured',
  'command/usage',
  'configuration/invalid',
  'policy/not-expressible',
  'record/invalid',
  'secret/invalid',
  'selector/invalid',
];

const unreachable: readonly ErrorCode[] = [
  'cluster/silent',
  'cluster/unreachable',
  'firewall/busy',
  'firewall/throttled',
  'firewall/unexpected-answer',
  'firewall/unreachable',
  'hub/unreachable',
  'kubernetes/listing-failed',
  'store/unavailable',
];

export function exitCodeOf(code: ErrorCode): ExitCode {
  if (invalid.includes(code)) return exitCodes.invalid;
  return unreachable.includes(code) ? exitCodes.unreachable : exitCodes.failed;
}
