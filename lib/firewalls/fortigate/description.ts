import type { FirewallDescription } from '../../core/firewall.ts';
import { checkCredential } from './credential.ts';
import { feedNameLength, nameKey, objectName, objectNameLength } from './names.ts';
import { reviewedPairs } from '../shared/pair-review.ts';
import { assumedReadsLagMs } from '../shared/reads-lag.ts';
import { review } from './review.ts';
import type { FortigateSettings } from './schema.ts';
import { fortigateSettings } from './schema.ts';
import { canonical } from './translate.ts';

/** FortiGate, FortiOS 6.4 to 7.6, over its REST API. What it does and needs is in readme.md beside this file. */
export const fortigateDescription: FirewallDescription<FortigateSettings> = {
  kind: 'fortigate',
  displayName: 'FortiGate',
  settings: fortigateSettings,
  facts: {
    channels: {
      push: {
        writesConfiguration: false,
        nameLength: feedNameLength,
        membersMax: 300_000,
        calls: { apply: 1, object: 1, add: 0, remove: 0 },
      },
      objects: {
        writesConfiguration: true,
        nameLength: objectNameLength,
        membersMax: 600,
        adopts: true,
        calls: { apply: 0, object: 0, add: 2, remove: 3 },
      },
    },
    commit: false,
    ipv6: true,
    // No source gives a limit of the device: Assumption: a small one takes this many beside its work.
    callsPerMinute: 3_000,
    callsPerMinuteMost: 60_000,
    survivesReboot: 'unconfirmed',
    readsLagMs: assumedReadsLagMs,
  },
  // The configuration of a FortiGate is one, whatever the VDOM.
  writerKey: ({ address, port }) => `${address.toLowerCase()}:${port}`,
  scope: ({ vdom }) => vdom,
  objectName,
  nameKey,
  addressObjects: ({ vdom }, channel) => (channel === 'objects' ? { place: vdom } : undefined),
  review: reviewedPairs(review),
  canonical,
  checkCredential,
  trustedHosts: () => 'the trusted hosts of the API administrator (System > Administrators)',
  rotationLacks: ({ rotationUsers }) =>
    rotationUsers ? undefined : '`rotationUsers`: two API administrators that take turns',
};
