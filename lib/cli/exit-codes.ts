import type { ErrorCode } from '../core/errors.ts';

/** What the exit code of a command means; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  /** Something failed, expected or not. */
  failed: 1,
  /** Wrong usage, invalid input, or a state in which it cannot be done: trying again changes nothing. */
  invalid: 2,
  /** Done as far as allowed: changes are held, or something waits for a person. */
  held: 3,
  /** A firewall or service did not answer, or not usefully; trying again may help. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const invalid: readonly ErrorCode[] = [
  'account/not-configured',
  'account/nothing-to-deploy',
  'address/invalid',
  'address/unusable',
  'approval/not-possible',
  'approval/ticket',
  'cluster/not-configured',
  'command/usage',
  'configuration/canary-not-possible',
  'configuration/invalid',
  'configuration/no-canary',
  'configuration/not-active',
  'configuration/object-taken',
  'demo/folder-in-use',
  'demo/kubeconfig-not-usable',
  'demo/namespace-taken',
  'demo/rights-missing',
  'file/not-written',
  'import/nothing-found',
  'import/unreadable',
  'policy/not-expressible',
  'quarantine/not-found',
  'quarantine/too-many',
  'quarantine/unknown-target',
  'record/invalid',
  'restore/not-withheld',
  'retire/nothing-left',
  'retire/still-published',
  'secret/invalid',
  'selector/invalid',
  'simulator/not-started',
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
  return isUnreachable(code) ? exitCodes.unreachable : exitCodes.failed;
}

/** Whether something did not answer, or not usefully; for any code, also of other families. */
export function isUnreachable(code: string | undefined): boolean {
  return unreachable.some((one) => one === code);
}
