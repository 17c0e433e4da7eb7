import { DateTime, IANAZone } from 'luxon';
import { ZonebridgeError } from '../errors.ts';

/**
 * A stretch of time as a person writes it; three forms, told apart by `from` and `to`:
 * - once: `2026-12-18T18:00` to `2027-01-04T06:00`, local times in the zone (or with an offset or `Z` of their own);
 * - every week: `fri 18:00` to `mon 06:00`;
 * - every day, or on `days`: `22:00` to `05:00`; one that ends before it begins ends on the next day. `24:00` is the end of a day.
 */
export interface PeriodSource {
  from: string;
  to: string;
  /** IANA name of a time zone, such as `Europe/Berlin`. */
  zone: string;
  /** Days on which a daily one begins; all when left out. */
  days?: readonly Weekday[] | undefined;
  /** What it is for; shown to people. */
  reason?: string | undefined;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** A period that was read. `spansAround` lists when it holds, a week before and after a moment, in milliseconds since 1970. */
export interface Period {
  source: PeriodSource;
  spansAround: (now: number) => Span[];
}

/** Half open: the end is the first moment outside. */
export interface Span {
  start: number;
  end: number;
}

const clockForm = /^([01]\d|2[0-3]):([0-5]\d)$|^24:00$/;
const weeklyForm = /^(mon|tue|wed|thu|fri|sat|sun) (\S+)$/;
const momentForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?$/;

/**
 * Reads a period. A local time that the change of clocks skips counts as the same wall time in the offset before it, one that comes
 * twice as one of both (luxon). Throws `configuration/invalid` saying what is wrong.
 */
export function parsePeriod(source: PeriodSource): Period {
  const { from, to, zone, days } = source;
  // Kept by luxon: asking anew costs more than all else here.
  if (!IANAZone.create(zone).isValid) throw wrong(`there is no time zone ${JSON.stringify(zone)}`);
  const forms = [from, to].map(formOf);
  const [form] = forms;
  if (form === undefined || forms[1] !== form) {
    throw wrong('give from and to in one form: 2026-12-18T18:00 (once), fri 18:00 (weekly) or 22:00 (daily)');
  }
  if (days !== undefined && form !== 'daily') throw wrong('days are for daily times such as 22:00 to 05:00');
  if (form === 'once') return once(source);
  return repeating(source, form === 'weekly' ? weekly(from, to) : daily(from, to, days));
}

function formOf(text: string): 'once' | 'weekly' | 'daily' | undefined {
  if (momentForm.test(text)) return 'once';
  if (clockForm.test(text)) return 'daily';
  const [, , clock = ''] = weeklyForm.exec(text) ?? [];
  return clockForm.test(clock) ? 'weekly' : undefined;
}

function once(source: PeriodSource): Period {
  const [start = Number.NaN, end = Number.NaN] = [source.from, source.to].map((text) =>
    DateTime.fromISO(text, { zone: source.zone }).toMillis(),
  );
  if (Number.isNaN(start) || Number.isNaN(end)) throw wrong('no such date');
  if (end <= start) throw wrong('it ends before it begins');
  return { source, spansAround: () => [{ start, end }] };
}

/** A start on a day of the week (1 = Monday) with what is added until the end; minutes of the day. */
interface Rule {
  weekday: number;
  fromMinute: number;
  afterDays: number;
  toMinute: number;
}

function weekly(from: string, to: string): Rule[] {
  const [start, end] = [from, to].map((text) => {
    const [, day = '', clock = ''] = weeklyForm.exec(text) ?? [];
    return { day: dayNumber(day), minute: minuteOf(clock) };
  });
  if (!start || !end) return [];
  const days = (end.day - start.day + 7) % 7;
  const afterDays = days === 0 && end.minute <= start.minute ? 7 : days;
  return [{ weekday: start.day, fromMinute: start.minute, afterDays, toMinute: end.minute }];
}

function daily(from: string, to: string, days: readonly Weekday[] = weekdays): Rule[] {
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  const afterDays = toMinute <= fromMinute ? 1 : 0;
  return days.map((day) => ({ weekday: dayNumber(day), fromMinute, afterDays, toMinute }));
}

function dayNumber(day: string): number {
  return weekdays.findIndex((known) => known === day) + 1;
}

function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

/** Longest span of a week, and the next start within one: days to look back and ahead. */
const daysAround = [-8, 8] as const;

function repeating(source: PeriodSource, rules: readonly Rule[]): Period {
  const spansAround = (now: number): Span[] => {
    const today = DateTime.fromMillis(now, { zone: source.zone }).startOf('day');
    const spans: Span[] = [];
    for (let offset = daysAround[0]; offset <= daysAround[1]; offset++) {
      const day = today.plus({ days: offset });
      for (const rule of rules) {
        if (rule.weekday !== day.weekday) continue;
        const start = onClock(day, rule.fromMinute);
        const end = onClock(day.plus({ days: rule.afterDays }), rule.toMinute);
        // Both ends in the hour that the change of clocks skips leave nothing.
        if (end > start) spans.push({ start, end });
      }
    }
    return spans;
  };
  return { source, spansAround };
}

/** By the wall clock, not by hours since midnight: a day of 23 or 25 hours has its 18:00, too. */
function onClock(day: DateTime, minute: number): number {
  if (minute === 24 * 60) return day.plus({ days: 1 }).startOf('day').toMillis();
  return day.set({ hour: Math.floor(minute / 60), minute: minute % 60 }).toMillis();
}

/** Where a moment lies in a calendar. */
export interface InPeriod {
  source: PeriodSource;
  /** When no period of the calendar holds any more, periods that touch or overlap taken together; at most a month of them. */
  until: number;
}

/** Chains of overlapping periods are followed so far. */
const longestChain = 31;

/** The period that holds at a moment (of several the one that lasts longest), or undefined. */
export function periodAt(periods: readonly Period[], now: number): InPeriod | undefined {
  const first = longestAt(periods, now);
  if (!first) return undefined;
  let until = first.end;
  for (let step = 0; step < longestChain; step++) {
    const next = longestAt(periods, until);
    if (!next) break;
    until = next.end;
  }
  return { source: first.source, until };
}

function longestAt(
  periods: readonly Period[],
  now: number,
): { source: PeriodSource; end: number } | undefined {
  let longest: { source: PeriodSource; end: number } | undefined;
  for (const { source, spansAround } of periods)
    for (const { start, end } of spansAround(now))
      if (start <= now && now < end && end > (longest?.end ?? 0)) longest = { source, end };
  return longest;
}

/** When the next period begins after a moment; undefined when none does within a week or is still to come. */
export function nextPeriod(periods: readonly Period[], now: number): number | undefined {
  const starts = periods.flatMap((period) => period.spansAround(now).map(({ start }) => start));
  const later = starts.filter((start) => start > now);
  return later.length === 0 ? undefined : Math.min(...later);
}

function wrong(message: string): ZonebridgeError {
  return new ZonebridgeError('configuration/invalid', message);
}
