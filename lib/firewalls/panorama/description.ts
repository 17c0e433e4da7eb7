import type { FirewallDescription } from '../../core/firewall.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { nameKey, objectName, objectNameLength, tagLength } from './names.ts';
import { reviewedPairs } from '../shared/pair-review.ts';
import { objectMembersMax, review } from './review.ts';
import {
  deviceOf,
  isWrittenItself,
  type PanoramaSettings,
  panoramaSettings,
  scopeOf,
  writerKeyOf,
} from './schema.ts';
import { assumedReadsLagMs } from '../shared/reads-lag.ts';

/** PAN-OS firewalls and Panorama, 10.1 to 11.2, over their XML interface. What it does and needs is in readme.md beside this file. */
export const panoramaDescription: FirewallDescription<PanoramaSettings> = {
  kind: 'panorama',
  displayName: 'Palo Alto PAN-OS and Panorama',
  settings: panoramaSettings,
  facts: {
    channels: {
      tags: {
        writesConfiguration: false,
        nameLength: tagLength,
        // What a Panorama keeps; firewalls keep what registeredIpsMax of their entry says.
        membersMax: 500_000,
        calls: { apply: 1, object: 0, add: 0, remove: 0 },
        madeByName: true,
      },
      objects: {
        writesConfiguration: true,
        nameLength: objectNameLength,
        membersMax: objectMembersMax,
        // A look at what is pending and at the names, one request, one commit and, at the vendor's pace, a few looks at its job; a push as many again.
        calls: { apply: 13, object: 1, add: 0, remove: 0 },
      },
    },
    commit: true,
    ipv6: true,
    // The vendor asks for at most five calls at a time and gives no rate; four writers share those behind a Panorama, each makes one at a time. Assumption: five a second do no harm.
    callsPerMinute: 300,
    callsPerMinuteMost: 3_000,
    // Registrations are persistent unless they say otherwise.
    survivesReboot: 'yes',
    readsLagMs: assumedReadsLagMs,
  },
  writerKey: writerKeyOf,
  device: deviceOf,
  scope: scopeOf,
  objectName,
  nameKey,
  addressObjects: (settings, channel) => (channel === 'objects' ? { place: scopeOf(settings) } : undefined),
  review: reviewedPairs(review, isWrittenItself),
  lifetimeMs: ({ timeoutSeconds }, channel) =>
    channel === 'tags' && timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
  canonical: canonicalAddress,
  checkCredential,
  trustedHosts: () =>
    'the permitted IP addresses of the management interface, which need a commit (Setup > Interfaces > Management)',
};

/** Says what is wrong with the form of an API key, without repeating it. */
function checkCredential(key: string): string | undefined {
  if (/\s/.test(key)) return 'an API key holds no blanks or line ends';
  if (!/^[\x21-\x7e]*$/.test(key)) return 'an API key holds printable ASCII characters only';
  if (key.length < 16 || key.length > 4096) return 'an API key has 16 to 4096 characters';
  return undefined;
}
