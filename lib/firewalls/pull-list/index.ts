import type { FirewallModule } from '../../core/firewall.ts';
import { pullListDescription } from './description.ts';
import { openLists } from './open-lists.ts';
import type { PullListSettings } from './schema.ts';

/** Lists that firewalls fetch over HTTPS, one per group. What it does and needs is in readme.md beside this file. */
export const pullList: FirewallModule<PullListSettings> = {
  ...pullListDescription,
  connect: async (request) => {
    // Only here, so that synthesis and validation load no AWS client.
    const { openConnection } = await import('./connection.ts');
    return openConnection(request);
  },
  diagnose: async (request) => {
    const { diagnose } = await import('./diagnose.ts');
    return diagnose(request);
  },
  openLists,
};
