import { ZonebridgeError } from '../core/errors.ts';
import { moment } from './time.ts';

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const forms =
  '2026-11-21T14:03Z, 2026-11-21T15:03+01:00, "2026-11-21 14:03" or 14:03 (of this machine\'s time zone), 2026-11-21 (its midnight), or 90m, 2h, 3d (ago)';

const date = String.raw`(?<date>\d{4}-\d\d-\d\d)`;
const time = String.raw`(?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)`;
const zone = String.raw`(?<zone>Z|[+-]\d\d:\d\d)?`;
const full = new RegExp(`^${date}[T ]${time}${zone}$`);

/**
 * A moment as a person writes it, in milliseconds since 1970. Without a zone it is meant in the time zone of this machine.
 * Throws `command/usage` for anything else, with the forms that there are.
 */
export function parseWhen(given: string, now: number): number {
  const found = ago(given, now) ?? absolute(given, now);
  if (found === undefined)
    throw new ZonebridgeError('command/usage', `"${given.slice(0, 60)}" is no time; these are: ${forms}`);
  return found;
}

function ago(given: string, now: number): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(given);
  return match ? now - Number(match[1]) * units[match[2] as keyof typeof units] : undefined;
}

function absolute(given: string, now: number): number | undefined {
  const text = given.trim();
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return checked(`${text}T00:00`, text);
  if (new RegExp(`^${time}$`).test(text)) return checked(`${localDate(now)}T${text}`, undefined);
  const match = full.exec(text)?.groups;
  if (!match) return undefined;
  return checked(
    `${match['date']}T${match['time']}${match['zone'] ?? ''}`,
    match['zone'] ? undefined : match['date'],
  );
}

/** JavaScript takes 31 February for 3 March; nobody means that. */
function checked(iso: string, localDay: string | undefined): number | undefined {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return undefined;
  return localDay === undefined || localDate(at) === localDay ? at : undefined;
}

/** Day in the time zone of this machine. */
function localDate(at: number): string {
  const local = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
}

/** Time of day, and the day where it is another one, in the time zone of this machine. */
export function localTime(at: number): string {
  const local = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
  return localDate(at) === moment(at).slice(0, 10) ? clock : `${localDate(at)} ${clock}`;
}

/** In UTC to the second, as the tables show it. */
export function utcTime(at: number): string {
  return moment(at).slice(0, 19);
}
