import type { FirewallModule } from '../../core/firewall.ts';
import { parseCredential } from './credential.ts';
import { fortigateDescription } from './description.ts';
import type { FortigateSettings } from './schema.ts';
import { inPairs } from '../shared/pair.ts';

/** FortiGate, FortiOS 6.4 to 7.6, over its REST API. What it does and needs is in readme.md beside this file. */
export const fortigate: FirewallModule<FortigateSettings> = inPairs({
  ...fortigateDescription,
  connect: async (request) => {
    // Only here, so that synthesis and validation load no HTTP client.
    const { openConnection } = await import('./connection.ts');
    return openConnection({ ...request, credential: parseCredential(request.credential).token });
  },
  diagnose: async (request, channels) => {
    const { diagnose } = await import('./diagnose.ts');
    return diagnose({ ...request, credential: parseCredential(request.credential).token }, channels);
  },
  openQuestions: async () => (await import('./open-questions.ts')).openQuestions,
  rotation: {
    create: async (request, current) => {
      const { createKey } = await import('./rotation.ts');
      return createKey(request, current);
    },
    revoke: async (request, keys) => {
      const { revokeKey } = await import('./rotation.ts');
      return revokeKey(request, keys);
    },
  },
});
