import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { DevicePorts } from '../ports.ts';
import type { Configurations } from '../state/configurations.ts';
import { reconcileFirewall } from './reconcile-firewall.ts';

const request = z.object({
  firewall: z.string(),
  reason: z.string().default('schedule'),
  requestId: z.string().optional(),
});

/**
 * One request to compare a firewall. A firewall that does not answer is compared at the next schedule, or when it is back:
 * its failure is noted for `status` and not tried again by the queue.
 */
export async function reconcileMessage(
  ports: DevicePorts,
  configurations: Configurations,
  body: string,
): Promise<void> {
  const parsed = request.safeParse(readJson(body));
  // Nobody but us can send it, and trying again would not mend it.
  if (!parsed.success) return;
  try {
    const result = await reconcileFirewall(ports, configurations, parsed.data);
    ports.telemetry.info('compared', { ...parsed.data, ...result });
  } catch (error) {
    if (!isZonebridgeError(error) || error.code.startsWith('store/')) throw error;
    ports.telemetry.warn('comparison failed', { ...parsed.data, code: error.code, problem: error.message });
  }
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
