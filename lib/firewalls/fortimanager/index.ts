import type { FirewallModule } from '../../core/firewall.ts';
import { fortimanagerDescription } from './description.ts';
import type { FortimanagerSettings } from './schema.ts';
import { inPairs } from '../shared/pair.ts';

/** FortiManager 7.0 to 7.6 over its JSON-RPC API. What it does and needs is in readme.md beside this file. */
export const fortimanager: FirewallModule<FortimanagerSettings> = inPairs({
  ...fortimanagerDescription,
  connect: async (request) => {
    // Only here, so that synthesis and validation load no HTTP client.
    const { openConnection } = await import('./connection.ts');
    return openConnection(request);
  },
  openQuestions: async () => (await import('./open-questions.ts')).openQuestions,
  diagnose: async (request, channels) => {
    const { diagnose } = await import('./diagnose.ts');
    return diagnose(request, channels);
  },
});
