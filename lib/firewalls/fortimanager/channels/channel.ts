import type { FirewallConnection } from '../../../core/firewall.ts';

/** One way to keep members; a connection has one of each kind. */
export type Channel = Pick<
  Required<FirewallConnection>,
  'observeObject' | 'listObjects' | 'observeMembers' | 'observeSome' | 'apply' | 'references' | 'deleteObject'
> & { observeFormer?: FirewallConnection['observeFormer'] };
