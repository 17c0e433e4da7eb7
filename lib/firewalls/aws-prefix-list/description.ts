import type { FirewallDescription } from '../../core/firewall.ts';
import { awsAccess } from './access.ts';
import { nameKey, nameLength, objectName } from './names.ts';
import { review } from './review.ts';
import { entriesMax, type PrefixListSettings, prefixListSettings } from './schema.ts';
import { canonical } from './translate.ts';

/** Customer-managed prefix lists of AWS, for security groups, routes and Network Firewall. What it does and needs is in readme.md beside this file. */
export const awsPrefixListDescription: FirewallDescription<PrefixListSettings> = {
  kind: 'aws-prefix-list',
  displayName: 'AWS managed prefix list',
  settings: prefixListSettings,
  facts: {
    channels: {
      entries: {
        // Each change is a version of the list, of which AWS keeps 1,000, and takes seconds.
        writesConfiguration: true,
        nameLength,
        membersMax: entriesMax,
        // Up to 100 entries: a look at the list, the change, a look whether it is done.
        calls: { apply: 0, object: 3, add: 0, remove: 0 },
      },
    },
    commit: false,
    ipv6: true,
    // EC2 gives each account and region a bucket per action. Assumption: 100 reads and then 20 a second, as published for other actions that read.
    callsPerMinute: 120,
    callsPerMinuteMost: 600,
    survivesReboot: 'yes',
    // EC2 developer guide, "Eventual consistency": reads may be late, and are to be repeated with waits of up to five minutes.
    readsLagMs: 300_000,
  },
  writerKey: ({ account, region }) => `${account}/${region}`,
  scope: ({ account, region }) => `${account}/${region}`,
  objectName,
  nameKey,
  review,
  canonical,
  withoutCredential: true,
  awsAccess,
  checkCredential: () => 'none is needed: the role of whoever calls decides',
};
