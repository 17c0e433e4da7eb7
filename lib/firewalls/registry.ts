import type { FirewallModule } from '../core/firewall.ts';
import { ciscoFmc } from './cisco-fmc/index.ts';
import { awsPrefixList } from './aws-prefix-list/index.ts';
import { fortigate } from './fortigate/index.ts';
import { pullList } from './pull-list/index.ts';
import { panorama } from './panorama/index.ts';
import { fortimanager } from './fortimanager/index.ts';

/** All vendors, by the word the configuration uses; one line per vendor. Everything else asks this list. */
export const firewallModules: Readonly<Record<string, FirewallModule>> = {
  [fortigate.kind]: fortigate,
  [pullList.kind]: pullList,
  [panorama.kind]: panorama,
  [ciscoFmc.kind]: ciscoFmc,
  [fortimanager.kind]: fortimanager,
  [awsPrefixList.kind]: awsPrefixList,
};

/** Module of a vendor; undefined for a word that no vendor has. */
export function firewallModule(kind: string): FirewallModule | undefined {
  return Object.hasOwn(firewallModules, kind) ? firewallModules[kind] : undefined;
}
