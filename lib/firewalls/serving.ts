import type { ServingFirewall } from '../core/firewall.ts';
import { firewallDescriptions } from './descriptions.ts';
import { pullListDescription } from './pull-list/description.ts';
import { openLists } from './pull-list/open-lists.ts';

/** All vendors as the function that serves lists needs them: what reads the lists, and no other client. */
export const servingFirewalls: Readonly<Record<string, ServingFirewall>> = {
  ...firewallDescriptions,
  [pullListDescription.kind]: { ...pullListDescription, openLists },
};
