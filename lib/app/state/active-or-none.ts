import { isZonebridgeError } from '../../core/errors.ts';
import type { ActiveConfiguration, Configurations } from './configurations.ts';

/** The active configuration, or undefined before the first `apply`. */
export async function activeOrNone(configurations: Configurations): Promise<ActiveConfiguration | undefined> {
  try {
    return await configurations.active();
  } catch (error) {
    if (isZonebridgeError(error, 'configuration/missing')) return undefined;
    throw error;
  }
}
