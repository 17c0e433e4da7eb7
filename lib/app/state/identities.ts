import type { DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import { type CallCounts, noCalls } from '../../core/model/call-budget.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { count, text } from './items.ts';

/** The device that the ledger of a firewall describes; compared before anything is written. */
export function identityKey(firewall: string): Key {
  return { table: 'control', pk: `identity|${firewall}` };
}

export function readIdentity(item: Item | undefined): DeviceIdentity | undefined {
  const serial = text(item, 'serial');
  if (serial === undefined) return undefined;
  const bootTime = count(item, 'bootTime');
  const role = text(item, 'role');
  return {
    serial,
    version: text(item, 'version') ?? '',
    ...(bootTime > 0 ? { bootTime } : {}),
    ...(role === undefined ? {} : { role }),
  };
}

export async function storeIdentity(
  tables: Tables,
  firewall: string,
  identity: DeviceIdentity,
  now: number,
): Promise<void> {
  const { serial, version, bootTime, role } = identity;
  const set: Item = { serial, version, comparedAt: now };
  const remove: string[] = [];
  if (bootTime === undefined) remove.push('bootTime');
  else set['bootTime'] = bootTime;
  if (role === undefined) remove.push('role');
  else set['role'] = role;
  await tables.write({ key: identityKey(firewall), update: { set, remove } });
}

/** Milliseconds since 1970, both ends included. */
export interface TimeSpan {
  from: number;
  until: number;
}

/**
 * Around the time when the ledger began to describe another device: what was written then may have reached the former one, and no
 * comparison could say which. Undefined while it is the first device.
 */
export function readHandover(item: Item | undefined): TimeSpan | undefined {
  const until = count(item, 'handoverUntil');
  return until === 0 ? undefined : { from: count(item, 'handoverFrom'), until };
}

/** Stored before the new identity: a run that dies in between leaves a span too many, never one too few. */
export async function storeHandover(
  tables: Tables,
  firewall: string,
  { from, until }: TimeSpan,
): Promise<void> {
  const set = { handoverFrom: from, handoverUntil: until };
  await tables.write({ key: identityKey(firewall), update: { set } });
}

/** The certificate that the last comparison met; in the identity row. */
export function readCertificate(item: Item | undefined): DeviceCertificate | undefined {
  const subject = text(item, 'certificateSubject');
  return subject === undefined ? undefined : { subject, validTo: count(item, 'certificateValidTo') };
}

export async function storeCertificate(
  tables: Tables,
  firewall: string,
  { subject, validTo }: DeviceCertificate,
): Promise<void> {
  const set = { certificateSubject: subject.slice(0, 200), certificateValidTo: validTo };
  await tables.write({ key: identityKey(firewall), update: { set } });
}

/** What comparisons call; lies in the identity row, which both comparisons and runs read anyway. */
export interface ComparisonCalls {
  calls: CallCounts;
  /** A comparison is under way, at the latest until then. */
  until: number;
}

export function readComparisonCalls(item: Item | undefined): ComparisonCalls {
  const source = text(item, 'calls');
  return {
    calls: source === undefined ? noCalls : (JSON.parse(source) as CallCounts),
    until: count(item, 'comparingUntil'),
  };
}

export async function storeComparisonCalls(
  tables: Tables,
  firewall: string,
  { calls, until }: ComparisonCalls,
): Promise<void> {
  const set = { calls: JSON.stringify(calls), comparingUntil: until };
  await tables.write({ key: identityKey(firewall), update: { set } });
}

/** A boot time is told with some seconds of noise. */
const bootNoiseMs = 60_000;

/** What changed between two identities; undefined when it is the same device in the same run of its software. */
export function identityChange(before: DeviceIdentity, now: DeviceIdentity): string | undefined {
  if (before.serial !== now.serial) return `serial ${before.serial} became ${now.serial}`;
  if (
    before.bootTime !== undefined &&
    now.bootTime !== undefined &&
    Math.abs(before.bootTime - now.bootTime) > bootNoiseMs
  ) {
    return 'it was restarted';
  }
  if (before.role !== undefined && now.role !== undefined && before.role !== now.role)
    return `role ${before.role} became ${now.role}`;
  return undefined;
}
