import { z } from 'zod';
import { periodFields, periodProblem } from './period-schema.ts';

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const freezePeriod = z
  .strictObject({
    ...periodFields,
    firewalls: z.array(z.string().min(1)).min(1).optional().describe('Only these; all when left out.'),
  })
  .superRefine(periodProblem);

export const approvalsSchema = z.strictObject({
  secondPerson: z
    .boolean()
    .optional()
    .describe(
      'Whoever approves must be known to AWS and must not be the author of the configuration, nor whoever asked. true unless set.',
    ),
  ticket: z
    .strictObject({
      required: z.boolean(),
      pattern: z
        .string()
        .min(1)
        .max(200)
        .refine(isPattern, 'no regular expression')
        .optional()
        .describe('Regular expression that the whole number of a ticket must fit.'),
    })
    .optional()
    .describe('Whether decisions need the number of a ticket.'),
  validMinutes: z
    .int()
    .min(1)
    .max(24 * 60)
    .optional()
    .describe('How long an approval, and a request for one, counts; 60 unless set.'),
  freeze: z
    .array(freezePeriod)
    .optional()
    .describe('Periods in which everything but removals of dead addresses waits for their end.'),
});

export const quarantineSchema = z.strictObject({
  group: z.string().min(1).describe('Deny group that quarantined addresses get into.'),
});

/** Not what agents of clusters say, nor AWS itself, nor the hub. */
const sourceForm = /^(?!aws\.|zonebridge\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$/;

export const ticketSystemSchema = z.strictObject({
  source: z
    .string()
    .regex(sourceForm, 'a source of your own is expected, such as tickets.example; not aws. or zonebridge.')
    .describe('Source of its events on the bus.'),
  account: z.string().regex(/^\d{12}$/, 'an account is 12 digits in quotes, such as "111122223333"'),
  principal: z
    .string()
    .regex(
      /^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
      'the ARN of the IAM role that sends them is expected',
    )
    .describe('Role that sends them; it counts as the person who decides.'),
});
