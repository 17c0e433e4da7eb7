import { expect } from 'vitest';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type { ObjectReport } from '../../../lib/core/firewall.ts';

/** All of these and nothing else is done, and nothing is suspicious. */
export function expectDone(report: ObjectReport, addresses: readonly string[]): void {
  expect(report.suspicion).toBeUndefined();
  expect(new Map(report.outcomes)).toEqual(new Map(addresses.map((address) => [address, { state: 'done' }])));
}

/** One address failed, for this reason, and the error says what to do. */
export function expectFailed(report: ObjectReport, address: string, code: string): void {
  const outcome = report.outcomes.get(address);
  expect(outcome).toMatchObject({ state: 'failed', error: { code } });
  expect(
    outcome?.state === 'failed' && outcome.error instanceof ZonebridgeError && outcome.error.remedy,
  ).toBeTruthy();
}
