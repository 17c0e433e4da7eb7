import { z } from 'zod';
import { managementFields } from '../shared/settings.ts';
import { isAtLeast, largeFeedsSince } from './version.ts';

/** Name of an API administrator (`system/api-user`). */
const apiUser = z.string().regex(/^[A-Za-z0-9_.-]{1,35}$/, 'holds 1 to 35 letters, digits, dots, - and _');

/** Fields of a FortiGate's entry under `firewalls` in the configuration. */
export const fortigateSettings = z.strictObject({
  ...managementFields,
  vdom: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,31}$/, 'holds letters, digits, - and _ only')
    .default('root')
    .describe('Virtual domain that holds our objects.'),
  version: z
    .string()
    .regex(
      /^(6\.4|7\.[0246])(\.\d{1,2})?$/,
      'is not one of 6.4, 7.0, 7.2, 7.4, 7.6 (with or without patch level)',
    )
    .describe('FortiOS version that the configuration is checked against; the device tells the real one.'),
  managedBy: z
    .enum(['none', 'fortimanager'])
    .describe(
      'Whether a FortiManager writes to this FortiGate; then its policy objects have one writer already.',
    ),
  rotationUsers: z
    .tuple([apiUser, apiUser])
    .refine(([one, other]) => one !== other, 'two different API administrators take turns')
    .optional()
    .describe(
      'Two API administrators with the same rights: one has the key in use, the other gets the next.',
    ),
  ha: z
    .strictObject({
      serials: z
        .array(z.string().regex(/^[A-Z0-9]{8,32}$/, 'a serial number holds capital letters and digits'))
        .min(1)
        .max(8),
    })
    .optional()
    .describe('Serial numbers of all units of the cluster, or of the only one; any other device is refused.'),
  groupMembersMax: z
    .number()
    .int()
    .min(2)
    .max(100_000)
    .default(600)
    .describe('Members of one address group before it is split into groups of groups.'),
  feedEntriesMax: z
    .number()
    .int()
    .min(1)
    .max(5_000_000)
    .optional()
    .describe('Entries of one feed; 300000 from FortiOS 7.4.4, 131072 before.'),
});

export type FortigateSettings = z.infer<typeof fortigateSettings>;

/** Entries one feed may have: as configured, else the smallest number that is published for the version. */
export function feedEntriesMax(settings: FortigateSettings): number {
  if (settings.feedEntriesMax !== undefined) return settings.feedEntriesMax;
  // A branch without patch level may be older than the larger limit.
  const patched = settings.version.split('.').length === 3 ? settings.version : `${settings.version}.0`;
  return isAtLeast(patched, largeFeedsSince) ? 300_000 : 131_072;
}
