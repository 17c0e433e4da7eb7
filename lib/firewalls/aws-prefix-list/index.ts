import type { FirewallModule } from '../../core/firewall.ts';
import { awsPrefixListDescription } from './description.ts';
import type { PrefixListSettings } from './schema.ts';

/** Customer-managed prefix lists of AWS, for security groups, routes and Network Firewall. What it does and needs is in readme.md beside this file. */
export const awsPrefixList: FirewallModule<PrefixListSettings> = {
  ...awsPrefixListDescription,
  connect: async (request) => {
    // Only here, so that synthesis and validation load no client of AWS.
    const { openConnection } = await import('./connection.ts');
    return openConnection(request);
  },
  diagnose: async (request) => {
    const { diagnose } = await import('./diagnose.ts');
    return diagnose(request);
  },
  openQuestions: async () => (await import('./open-questions.ts')).openQuestions,
};
