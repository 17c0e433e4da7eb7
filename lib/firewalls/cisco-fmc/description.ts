import type { FirewallDescription } from '../../core/firewall.ts';
import { checkCredential } from './credential.ts';
import { nameKey, nameLength, objectName } from './names.ts';
import { reviewedPairs } from '../shared/pair-review.ts';
import { review } from './review.ts';
import { type FmcSettings, fmcSettings } from './schema.ts';
import { canonical } from './translate.ts';
import { requestsPerMinute } from './version.ts';
import { assumedReadsLagMs } from '../shared/reads-lag.ts';

/** Cisco Secure Firewall Management Center 7.0 to 10.0, and the one in the cloud, over its REST API. See readme.md beside this file. */
export const ciscoFmcDescription: FirewallDescription<FmcSettings> = {
  kind: 'cisco-fmc',
  displayName: 'Cisco FMC',
  settings: fmcSettings,
  facts: {
    channels: {
      dynamic: {
        writesConfiguration: false,
        nameLength,
        // As far as `mappingsMax` goes. Unless it is raised, 10,000. Assumption: no source gives a limit; that is what one list of Cisco's own connector holds.
        membersMax: 100_000,
        calls: { apply: 1, object: 0, add: 0.001, remove: 0.001 },
      },
      objects: {
        writesConfiguration: true,
        actsAfter: 'a deployment by a person',
        nameLength,
        membersMax: 1_000,
        calls: { apply: 0, object: 2, add: 0, remove: 0 },
      },
    },
    // A deployment makes changes of network groups effective, and a person does it; mappings of dynamic objects need none.
    commit: false,
    ipv6: true,
    callsPerMinute: requestsPerMinute('7.0').usual,
    callsPerMinuteMost: requestsPerMinute('7.7').most,
    survivesReboot: 'unconfirmed',
    readsLagMs: assumedReadsLagMs,
  },
  callsPerMinute: ({ version }) => requestsPerMinute(version),
  // One write at a time on the whole manager, whatever the domain.
  writerKey: ({ address, port }) => `${address.toLowerCase()}:${port}`,
  scope: ({ domain }) => domain,
  objectName,
  nameKey,
  review: reviewedPairs(review),
  canonical,
  checkCredential,
  trustedHosts: ({ cloud }) =>
    cloud
      ? undefined
      : 'the access list for port 443 (System > Configuration > Access List), if it does not allow everybody',
};
