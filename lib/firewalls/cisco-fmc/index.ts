import type { FirewallModule } from '../../core/firewall.ts';
import { ciscoFmcDescription } from './description.ts';
import type { FmcSettings } from './schema.ts';
import { inPairs } from '../shared/pair.ts';

/** Cisco Secure Firewall Management Center 7.0 to 10.0, and the one in the cloud, over its REST API. See readme.md beside this file. */
export const ciscoFmc: FirewallModule<FmcSettings> = inPairs({
  ...ciscoFmcDescription,
  connect: async (request) => {
    // Only here, so that synthesis and validation load no HTTP client.
    const { openConnection } = await import('./connection.ts');
    return openConnection(request);
  },
  diagnose: async (request, channels) => {
    const { diagnose } = await import('./diagnose.ts');
    return diagnose(request, channels);
  },
  openQuestions: async () => (await import('./open-questions.ts')).openQuestions,
});
