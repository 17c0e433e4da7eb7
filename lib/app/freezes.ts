import { type InPeriod, type Period, parsePeriod, periodAt } from '../core/model/calendar.ts';
import type { FreezePeriod } from './configuration/model.ts';

/** A freeze of the calendar, read. */
export interface Freeze {
  /** Undefined: all firewalls. */
  firewalls: readonly string[] | undefined;
  period: Period;
}

export function readFreezes(calendar: readonly FreezePeriod[]): Freeze[] {
  return calendar.map(({ firewalls, ...source }) => ({ firewalls, period: parsePeriod(source) }));
}

/** The freeze that holds for a firewall at a moment, with its end. */
export function freezeAt(freezes: readonly Freeze[], firewall: string, now: number): InPeriod | undefined {
  const mine = freezes.filter(({ firewalls }) => firewalls?.includes(firewall) ?? true);
  return mine.length === 0
    ? undefined
    : periodAt(
        mine.map(({ period }) => period),
        now,
      );
}
