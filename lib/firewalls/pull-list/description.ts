import type { FirewallDescription } from '../../core/firewall.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { listNameLength, objectName } from './names.ts';
import { checkCredential } from './passwords.ts';
import { review } from './review.ts';
import { listEntriesMax, type PullListSettings, pullListSettings } from './schema.ts';
import { serving } from './serving.ts';

/** Lists that firewalls fetch over HTTPS, one per group. What it does and needs is in readme.md beside this file. */
export const pullListDescription: FirewallDescription<PullListSettings> = {
  kind: 'pull-list',
  displayName: 'pull list',
  settings: pullListSettings,
  facts: {
    channels: {
      pull: {
        writesConfiguration: false,
        actsAfter: 'the next fetch of each firewall',
        nameLength: listNameLength,
        membersMax: listEntriesMax,
        writesWhole: true,
        calls: { apply: 0, object: 2, add: 0, remove: 0 },
      },
    },
    commit: false,
    ipv6: true,
    // S3 takes 3,500 writes a second below one prefix; this only keeps a mistake from costing money. All lists of a bucket share it.
    callsPerMinute: 30_000,
    callsPerMinuteMost: 120_000,
    // FortiOS keeps the last list over a reboot; of the other readers no source says it.
    survivesReboot: 'unconfirmed',
  },
  writerKey: ({ region, bucket }) => `s3:${region}:${bucket}`,
  scope: ({ bucket }) => bucket,
  objectName,
  nameKey: (name) => name,
  review,
  canonical: canonicalAddress,
  checkCredential,
  serving,
};
