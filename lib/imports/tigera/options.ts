import type { FirewallDescription } from '../../core/firewall.ts';

/** What the former tool does not know, and a person says. */
export interface ImportOptions {
  /** Key of the cluster in the new configuration, of its network and its realm. */
  cluster: string;
  network: string;
  realm: string;
  /** Largest size of each group; the former tool had no limit. */
  maxMembers: number;
  usedIn: 'allow' | 'deny';
  /** Names of address groups by policy, where the policy does not tell them. */
  objects: ReadonlyMap<string, string>;
  /** Only firewalls and groups, to be laid beside other files of a configuration. */
  part: boolean;
  /** Vendor modules by kind. */
  modules: Readonly<Record<string, FirewallDescription>>;
}
