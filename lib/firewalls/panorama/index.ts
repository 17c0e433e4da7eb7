import type { FirewallModule } from '../../core/firewall.ts';
import { panoramaDescription } from './description.ts';
import { isWrittenItself, type PanoramaSettings } from './schema.ts';
import { inPairs } from '../shared/pair.ts';

/** PAN-OS firewalls and Panorama, 10.1 to 11.2, over their XML interface. What it does and needs is in readme.md beside this file. */
export const panorama: FirewallModule<PanoramaSettings> = inPairs(
  {
    ...panoramaDescription,
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
  },
  isWrittenItself,
);
