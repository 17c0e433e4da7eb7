import { z } from 'zod';
import { managementFields } from '../shared/settings.ts';
import { isAtLeast } from '../shared/version.ts';

/** Fields of a FortiManager's entry under `firewalls` in the configuration. */
export const fortimanagerSettings = z.strictObject({
  ...managementFields,
  adom: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,35}$/, 'holds 1 to 35 letters, digits, - and _')
    .default('root')
    .describe('Administrative domain that holds our objects.'),
  device: z
    .strictObject({
      name: z
        .string()
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$/,
          'holds 1 to 48 letters, digits, dots, - and _, and begins with a letter or digit',
        )
        .describe('Name of the device, as the device manager shows it.'),
      vdom: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,31}$/, 'holds 1 to 31 letters, digits, - and _')
        .default('root')
        .describe('VDOM of the device; `root` where VDOMs are off.'),
    })
    .optional()
    .describe(
      'Over `objects`, members are put into the per-device mapping of the group for this device alone; other devices keep what they have.',
    ),
  version: z
    .string()
    .regex(/^7\.[0246](\.\d{1,2})?$/, 'is not one of 7.0, 7.2, 7.4, 7.6 (with or without patch level)')
    .describe(
      'FortiManager version that the configuration is checked against; the manager tells the real one.',
    ),
  connector: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,20}$/, 'holds 1 to 20 letters, digits and -')
    .default('zonebridge')
    .describe('JSON API connector of the ADOM that our tags belong to (channel `tags`).'),
  workspace: z
    .enum(['auto', 'disabled', 'normal'])
    .default('auto')
    .describe(
      'Whether the ADOM has to be locked for changes; `auto` asks the manager, which needs the right to read its global settings.',
    ),
  lockWaitSeconds: z
    .number()
    .int()
    .min(0)
    .max(300)
    .default(20)
    .describe('How long a run waits for a lock that somebody else holds.'),
  install: z
    .enum(['none', 'partial', 'package'])
    .default('none')
    .describe(
      'What follows a change of address objects: nothing, a partial install of just these objects (from 7.4.1), or an install of `package`.',
    ),
  package: z
    .string()
    .regex(/^[A-Za-z0-9_. -]{1,35}(\/[A-Za-z0-9_. -]{1,35})*$/, 'is no path of a policy package')
    .optional()
    .describe('Policy package for `install: package`, with its folders.'),
  installWaitSeconds: z
    .number()
    .int()
    .min(5)
    .max(600)
    .default(60)
    .describe('How long a run waits for an install to end.'),
  ha: z
    .strictObject({
      serials: z
        .array(z.string().regex(/^[A-Z0-9-]{8,32}$/, 'a serial number holds capital letters and digits'))
        .min(1)
        .max(8),
    })
    .optional()
    .describe(
      'Serial numbers of all units of the cluster, or of the only one; any other manager is refused.',
    ),
  groupMembersMax: z
    .number()
    .int()
    .min(2)
    .max(100_000)
    .default(600)
    .describe('Members of one address group.'),
  feedEntriesMax: z
    .number()
    .int()
    .min(1)
    .max(5_000_000)
    .optional()
    .describe(
      'Entries of one feed file; the firewalls that fetch it decide. 131072 unless given, 300000 from 7.4.4.',
    ),
});

export type FortimanagerSettings = z.infer<typeof fortimanagerSettings>;
export type FortimanagerDevice = NonNullable<FortimanagerSettings['device']>;

/** Entries one feed may have: as configured, else the smallest number published for FortiOS of the same version. */
export function feedEntriesMax(settings: FortimanagerSettings): number {
  return settings.feedEntriesMax ?? (hasLargeFeeds(settings) ? 300_000 : 131_072);
}

/** Bytes of one file that every FortiGate of the same version fetches whole: the smallest number published, whatever its entries. */
export function feedBytesMax(settings: FortimanagerSettings): number {
  return hasLargeFeeds(settings) ? 32_000_000 : 10_000_000;
}

function hasLargeFeeds({ version }: FortimanagerSettings): boolean {
  const patched = version.split('.').length === 3 ? version : `${version}.0`;
  return isAtLeast(patched, '7.4.4');
}
