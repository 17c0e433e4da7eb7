import { z } from 'zod';
import { digest } from '../../core/model/content-hash.ts';
import { managementFields } from '../shared/settings.ts';

const serial = z
  .string()
  .regex(/^[A-Za-z0-9-]{6,32}$/, 'a serial number holds 6 to 32 letters, digits and dashes');

/** 30 days, the longest time of a registered tag. */
export const timeoutSecondsMax = 2_592_000;

/** Fields of a PAN-OS firewall's or a Panorama's entry under `firewalls` in the configuration. */
export const panoramaSettings = z.strictObject({
  ...managementFields,
  device: z
    .enum(['firewall', 'panorama'])
    .describe('What answers at `address`: a PAN-OS firewall itself, or a Panorama.'),
  version: z
    .string()
    .regex(/^(10\.[12]|11\.[012])(\.\d{1,2}(-h\d{1,3})?)?$/, 'is not one of 10.1, 10.2, 11.0, 11.1, 11.2')
    .describe('PAN-OS version that the configuration is checked against; the device tells the real one.'),
  vsys: z
    .string()
    .regex(/^vsys\d{1,3}$/, 'is a virtual system such as vsys1')
    .default('vsys1')
    .describe('Virtual system of the firewall that keeps our tags or objects.'),
  targets: z
    .array(serial)
    .min(1)
    .max(2)
    .refine((list) => new Set(list).size === list.length, 'each serial number stands once')
    .optional()
    .describe(
      'Panorama only: serial number of the managed firewall that gets our tags, or of both units of its HA pair. One entry per firewall.',
    ),
  redistribution: z
    .literal(true)
    .optional()
    .describe(
      'Panorama only: tags are registered on the Panorama itself, which redistributes them to its firewalls (data redistribution of IP tags).',
    ),
  deviceGroup: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9 ._-]{0,62}$/, 'is not the name of a device group')
    .optional()
    .describe('Panorama only: device group of our address objects and of offered ones; shared unless given.'),
  administrator: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,62}$/, 'is not the name of an administrator')
    .optional()
    .describe(
      'Administrator that the API key belongs to and nobody else uses: commits take its changes alone. Needed for channel "objects".',
    ),
  push: z
    .literal('device-group')
    .optional()
    .describe('Panorama only: after a commit over "objects" the device group is pushed to its firewalls.'),
  timeoutSeconds: z
    .number()
    .int()
    .min(0)
    .max(timeoutSecondsMax)
    .default(0)
    .describe(
      'Seconds after which the device forgets a registered tag when nobody renews it, in groups whose `onSilence` says `bypassBrakes`; 0: never.',
    ),
  registeredIpsMax: z
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe(
      'Addresses with tags that this model keeps; 500000 for a Panorama. `zonebridge check` tells what a firewall says of itself.',
    ),
  ha: z
    .strictObject({ serials: z.array(serial).min(1).max(4) })
    .optional()
    .describe('Serial numbers of all units that may answer; any other device is refused.'),
});

export type PanoramaSettings = z.infer<typeof panoramaSettings>;

/** Addresses with tags the device keeps, where that is configured or published (500,000 for Panorama); undefined: unknown. */
export function registeredIpsMax(settings: PanoramaSettings): number | undefined {
  return (
    settings.registeredIpsMax ?? (settings.device === 'panorama' && !settings.targets ? 500_000 : undefined)
  );
}

/** Scope of our objects: the virtual system, or the device group of a Panorama. Never a serial number, because a replaced unit keeps it. */
export function scopeOf(settings: PanoramaSettings): string {
  const { device, targets, deviceGroup = 'shared', vsys } = settings;
  return device === 'firewall' || targets ? vsys : `device-group ${deviceGroup}`;
}

/**
 * The vendor advises against more than five calls at a time from all clients of a Panorama: so many writers share the firewalls behind one, and
 * one call is left to comparisons and people.
 */
const writersMax = 4;

/**
 * What takes one writer at a time: the configuration of the device, or the tables of tags of some managed firewalls, which are shared out by
 * their serial numbers.
 */
export function writerKeyOf(settings: PanoramaSettings): string {
  const place = placeOf(settings);
  if (!settings.targets) return place;
  const share = Number.parseInt(digest(serialsOf(settings.targets)).slice(0, 8), 16) % writersMax;
  return `${place}/${share}`;
}

/** The device itself, or the managed firewall that keeps our tags. */
export function deviceOf(settings: PanoramaSettings): string {
  const place = placeOf(settings);
  return settings.targets ? `${place}/${serialsOf(settings.targets)}` : place;
}

function placeOf({ address, port }: PanoramaSettings): string {
  return `${address.toLowerCase()}:${port}`;
}

function serialsOf(targets: readonly string[]): string {
  return [...targets].sort().join('+');
}

/** Tags of a managed firewall lie on that one, so any Panorama of a pair that reaches it will do. */
export function isWrittenItself({ targets }: PanoramaSettings): boolean {
  return targets === undefined;
}
