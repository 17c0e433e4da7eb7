import type { Delivery } from '../deliveries.ts';
import type { Ports } from '../ports.ts';
import type { Configurations } from '../state/configurations.ts';
import { ingestMessage } from './ingest-event.ts';

const longestPauseSeconds = 120;

/** Takes one message; one that must be tried again comes back after 2, 4, 8 ... 120 s instead of the queue's long visibility. */
export async function takeDelivery(
  app: { ports: Ports; configurations: Configurations },
  delivery: Delivery,
): Promise<void> {
  const { body, tries } = delivery;
  try {
    await ingestMessage(app.ports, app.configurations, body);
  } catch (error) {
    app.ports.telemetry.warn('message goes back to its queue', { tries, error: String(error) });
    await delivery.postpone(Math.min(longestPauseSeconds, 2 ** tries));
    throw error;
  }
}
