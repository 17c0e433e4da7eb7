import { z } from 'zod';
import { account, nameForms, region, text } from './forms.ts';
import { imageForm, imageRule } from './image-form.ts';

export const hubSchema = z.strictObject({
  name: z
    .string()
    .regex(nameForms.hub, 'use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter')
    .describe('Part of every mark on every firewall; never changed afterwards.'),
  account: account.describe('Account that runs everything.'),
  region,
  alarmEmails: z.array(z.email()).describe('Subscribed to the alarm topic.'),
  kmsKeyArn: z
    .string()
    .regex(/^arn:[a-z-]+:kms:/, 'an ARN of a KMS key is expected')
    .optional(),
  permissionsBoundaryArn: z
    .string()
    .regex(/^arn:[a-z-]+:iam:/, 'an ARN of an IAM policy is expected')
    .optional(),
  rolePath: z
    .string()
    .regex(/^\/(?:[\x21-\x2e\x30-\x7e]+\/)*$/, 'a path begins and ends with a slash, such as /security/')
    .max(512)
    .optional()
    .describe('IAM path of all roles.'),
  audit: z
    .strictObject({
      lock: z
        .enum(['compliance', 'governance', 'none'])
        .optional()
        .describe(
          'Object Lock of the audit archive. compliance: nobody can delete before the time is over; governance (default): only with a special right; none: for a hub that is thrown away. It cannot be changed once the bucket is there.',
        ),
      retainDays: z.int().min(1).max(3650).optional().describe('Days the lock holds; 365 unless given.'),
      historyDays: z
        .int()
        .min(1)
        .max(3650)
        .optional()
        .describe('Days that `zonebridge history` looks back; 90 unless given.'),
    })
    .optional()
    .describe('How the record of all changes is kept.'),
  onboarding: z
    .strictObject({
      image: z
        .string()
        .regex(imageForm, imageRule)
        .optional()
        .describe('Image of the agent; `npm run build` makes its context.'),
      admit: z
        .array(text)
        .min(1)
        .optional()
        .describe(
          'Clusters that get the agent without a person once they carry the tag zonebridge.dev/onboard=true.',
        ),
    })
    .optional()
    .describe('How agents get into clusters.'),
  signingKeys: z
    .array(z.int().min(1).max(99))
    .min(1)
    .max(4)
    .refine((numbers) => new Set(numbers).size === numbers.length, 'a number stands there twice')
    .optional()
    .describe(
      'Numbers of the keys for what clusters shall have: the first signs, agents accept all. [1] unless set; docs/way-back.md tells how a key is replaced.',
    ),
  alarmAfter: z
    .strictObject({
      pausedMinutes: z.int().min(1).max(10_080).optional().describe('60 unless set.'),
      frozenHours: z.int().min(1).max(2_400).optional().describe('96 unless set.'),
    })
    .optional()
    .describe('After how long a pause, or changes that a freeze holds, raise an alarm.'),
});
