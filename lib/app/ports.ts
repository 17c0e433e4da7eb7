import type { FirewallModule } from '../core/firewall.ts';
import type { Clock, Queues, Random, Secrets, Tables, Telemetry } from '../core/ports.ts';

/** Everything a use case may touch of the outside; composed in compose.ts, replaced in tests and simulation. */
export interface Ports {
  /** Name of the hub. */
  hub: string;
  tables: Tables;
  queues: Queues;
  secrets: Secrets;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  /** Vendor modules by kind. */
  firewalls: Readonly<Record<string, FirewallModule>>;
}
