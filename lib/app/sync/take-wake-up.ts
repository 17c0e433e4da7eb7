import type { Delivery } from '../deliveries.ts';
import type { DevicePorts } from '../ports.ts';
import type { Configurations } from '../state/configurations.ts';
import { syncFirewall } from './sync-firewall.ts';
import { comesBackAfter, parseWakeUp } from './wake-up.ts';

/** Runs the sync that a wake-up asks for. False when the wake-up comes back: a firewall is ill and asked again later. */
export async function takeWakeUp(
  app: { ports: DevicePorts; configurations: Configurations },
  delivery: Delivery,
): Promise<boolean> {
  const writerKey = parseWakeUp(delivery.body);
  if (writerKey === undefined) return true;
  const end = await syncFirewall(app.ports, app.configurations, writerKey);
  const seconds = comesBackAfter(end, delivery.group);
  if (seconds === undefined) return true;
  await delivery.postpone(seconds);
  return false;
}
