import type { ApprovalSettings, MaintenanceWindows } from '../../../lib/app/configuration/model.ts';
import { beginning } from '../kernel/kernel.ts';
import type { ClosedTimes, HubSpec } from './spec.ts';

const minuteMs = 60_000;
/** No simulation lasts as long. */
const farMinutes = 400 * 24 * 60;

interface Times {
  from: number;
  to: number;
}

/** The freeze calendar that says the same. */
export function freezesOf({ closed = [] }: HubSpec): NonNullable<ApprovalSettings['freeze']> {
  return closed
    .filter(({ form }) => form === 'freeze')
    .flatMap(({ firewall, times }) =>
      times.map((one) => ({
        ...periodOf(one),
        ...(firewall === undefined ? {} : { firewalls: [firewall] }),
      })),
    );
}

/** The maintenance windows of a firewall that say the same. */
export function maintenanceOf(
  { closed = [] }: HubSpec,
  firewall: string,
): { maintenance?: MaintenanceWindows } {
  const mine = closed.find((one) => one.form !== 'freeze' && one.firewall === firewall);
  if (!mine) return {};
  const { form, strict, times } = mine;
  const periods = (form === 'only' ? openTimes(times) : times).map(periodOf);
  return { maintenance: { [form]: periods, strict } };
}

/** What holds on a firewall during the whole of a time, milliseconds since 1970. */
export function closedThroughout(
  closed: readonly ClosedTimes[],
  firewall: string,
  { from, to }: Times,
): ClosedTimes | undefined {
  return closed.find(
    (one) =>
      (one.firewall === undefined || one.firewall === firewall) &&
      one.times.some((time) => momentOf(time.from) <= from && to < momentOf(time.to)),
  );
}

/** When everything that is written down is over. */
export function lastClosed(closed: readonly ClosedTimes[]): number {
  return momentOf(Math.max(0, ...closed.flatMap(({ times }) => times.map(({ to }) => to))));
}

/** What lies between them; they are in order and do not touch. */
function openTimes(times: readonly Times[]): Times[] {
  const open: Times[] = [];
  let from = -farMinutes;
  for (const time of times) {
    open.push({ from, to: time.from });
    from = time.to;
  }
  return [...open, { from, to: farMinutes }];
}

function periodOf({ from, to }: Times): { from: string; to: string; zone: string } {
  return { from: textOf(from), to: textOf(to), zone: 'Europe/Berlin' };
}

function textOf(minutes: number): string {
  return new Date(momentOf(minutes)).toISOString().replace('.000Z', 'Z');
}

function momentOf(minutes: number): number {
  return beginning + minutes * minuteMs;
}
