import { eventsClient } from '../aws/clients/events.ts';
import { EventBridgeBus } from '../aws/event-bus.ts';
import type { Bus } from '../core/ports.ts';
import { names } from './names.ts';

/** The hub's own voice on its bus; for the sweep alone. */
export function composeBus(hub: string): Bus {
  return new EventBridgeBus({ client: eventsClient(), bus: names.bus(hub), source: names.hubSource });
}
