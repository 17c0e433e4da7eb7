import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import { parsePeriod, type PeriodSource, weekdays } from '../../core/model/calendar.ts';

/** Fields of a period, for entries that have more of their own; check the whole with `periodProblem`. */
export const periodFields = {
  from: z.string().describe('2026-12-18T18:00 (once), fri 18:00 (weekly) or 22:00 (daily).'),
  to: z.string().describe('In the form of `from`; the first moment outside.'),
  zone: z.string().describe('Time zone, such as Europe/Berlin.'),
  days: z.array(z.enum(weekdays)).min(1).optional().describe('Days on which a daily one begins.'),
  reason: z.string().min(1).max(200).optional().describe('What it is for.'),
};

/** What the calendar (`lib/core/model/calendar.ts`) refuses is a problem of the whole entry. */
export function periodProblem(
  period: PeriodSource,
  context: { addIssue(issue: { code: 'custom'; message: string }): void },
): void {
  try {
    parsePeriod(period);
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}

/** One entry of a calendar. */
export const periodSchema = z.strictObject(periodFields).superRefine(periodProblem);
