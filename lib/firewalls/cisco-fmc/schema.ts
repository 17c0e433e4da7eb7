import { z } from 'zod';
import { managementFields } from '../shared/settings.ts';
import { cloudVersion } from './version.ts';

/** UUID of the domain Global, the same on every manager. */
export const globalDomain = 'e276abec-e0f2-11e3-8169-6d9ed49b625f';

/** Fields of an FMC's entry under `firewalls` in the configuration. */
export const fmcSettings = z
  .strictObject({
    ...managementFields,
    domain: z
      .string()
      .min(1)
      .max(200)
      .default('Global')
      .describe(
        'Domain that holds our objects: its UUID, or its name such as `Global/DEV`. Part of our mark: a change makes our objects foreign.',
      ),
    version: z
      .string()
      .regex(
        /^(7\.[0-7](\.\d{1,2}){0,2}|10\.0(\.\d{1,2}){0,2}|cdfmc)$/,
        'is not one of 7.0 to 7.7, 10.0 (with or without patch level) or cdfmc',
      )
      .describe('Release that the configuration is checked against; the manager tells the real one.'),
    cloud: z
      .strictObject({
        basePath: z
          .string()
          .regex(/^(\/[A-Za-z0-9._-]+)*$/, 'is a path without a slash at its end, or empty')
          .default('/firewall/v1/cdfmc')
          .describe(
            'What stands before `/api` in the addresses of this tenant; empty for older tenant hosts.',
          ),
      })
      .optional()
      .describe('For `version: cdfmc`: the manager in the cloud, with an API token in place of a user.'),
    ha: z
      .boolean()
      .default(false)
      .describe(
        'One of a pair of managers answers: its role is asked for, and the unit in reserve is not written to.',
      ),
    mappingsMax: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe('Addresses of one dynamic object; no source gives the limit of the manager.'),
    literalsMax: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(1_000)
      .describe('Addresses of one network group; no source gives the limit of the manager.'),
  })
  .superRefine(({ version, cloud }, context) => {
    if ((version === cloudVersion) === (cloud !== undefined)) return;
    const message = 'the manager in the cloud has `version: cdfmc` and `cloud`, one of your own neither';
    context.addIssue({ code: 'custom', path: ['version'], input: version, message });
  });

export type FmcSettings = z.infer<typeof fmcSettings>;
