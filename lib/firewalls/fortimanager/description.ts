import type { FirewallDescription } from '../../core/firewall.ts';
import { anyEntry } from './channels/shared-marks.ts';
import { checkCredential } from './credential.ts';
import { nameKey, objectName, objectNameLength } from './names.ts';
import { reviewedPairs } from '../shared/pair-review.ts';
import { review } from './review.ts';
import { type FortimanagerSettings, fortimanagerSettings } from './schema.ts';
import { canonical } from './translate.ts';
import { assumedReadsLagMs } from '../shared/reads-lag.ts';

/** FortiManager 7.0 to 7.6 over its JSON-RPC API. What it does and needs is in readme.md beside this file. */
export const fortimanagerDescription: FirewallDescription<FortimanagerSettings> = {
  kind: 'fortimanager',
  displayName: 'FortiManager',
  settings: fortimanagerSettings,
  facts: {
    channels: {
      feed: {
        writesConfiguration: false,
        nameLength: objectNameLength,
        membersMax: 300_000,
        writesWhole: true,
        calls: { apply: 0, object: 2, add: 0, remove: 0 },
      },
      tags: {
        writesConfiguration: false,
        nameLength: objectNameLength,
        // Assumption: no source gives the capacity of a tag; what a FortiGate keeps in a feed is the nearest number.
        membersMax: 100_000,
        calls: { apply: 1, object: 1, add: 0, remove: 0 },
      },
      objects: {
        writesConfiguration: true,
        nameLength: objectNameLength,
        membersMax: 600,
        adopts: true,
        // Look, lock, write, save, install, ask how it went, unlock; 500 elements travel together, one of the look and two to write for each address.
        calls: { apply: 12, object: 0, add: 0.006, remove: 0.006 },
      },
    },
    commit: true,
    ipv6: true,
    // No source gives a limit of the manager. Assumption: it takes ten calls a second beside its work.
    callsPerMinute: 600,
    callsPerMinuteMost: 6_000,
    survivesReboot: 'unconfirmed',
    readsLagMs: assumedReadsLagMs,
  },
  // Hosted files are shared by all ADOMs, so the whole manager has one writer.
  writerKey: ({ address, port }) => `${address.toLowerCase()}:${port}`,
  // Names of ADOMs hold no slash. What an entry with a device keeps is another thing than the group itself.
  scope: ({ adom, device }) => (device ? `${adom}/${device.name}/${device.vdom}` : adom),
  objectName,
  nameKey,
  addressObjects: ({ adom, device }, channel) => {
    if (channel !== 'objects') return undefined;
    return device ? { place: adom, mark: anyEntry } : { place: adom };
  },
  review: reviewedPairs(review),
  canonical,
  checkCredential,
  trustedHosts: () => 'the trusted hosts of the administrator (System Settings > Administrators)',
};
