import type { FirewallDescription } from '../core/firewall.ts';
import { ciscoFmcDescription } from './cisco-fmc/description.ts';
import { awsPrefixListDescription } from './aws-prefix-list/description.ts';
import { fortigateDescription } from './fortigate/description.ts';
import { pullListDescription } from './pull-list/description.ts';
import { panoramaDescription } from './panorama/description.ts';
import { fortimanagerDescription } from './fortimanager/description.ts';

/** All vendors without their clients, by the word the configuration uses; one line per vendor, as in registry.ts. */
export const firewallDescriptions: Readonly<Record<string, FirewallDescription>> = {
  [fortigateDescription.kind]: fortigateDescription,
  [pullListDescription.kind]: pullListDescription,
  [panoramaDescription.kind]: panoramaDescription,
  [ciscoFmcDescription.kind]: ciscoFmcDescription,
  [fortimanagerDescription.kind]: fortimanagerDescription,
  [awsPrefixListDescription.kind]: awsPrefixListDescription,
};
