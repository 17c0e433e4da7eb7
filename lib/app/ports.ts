import type { FirewallDescription, FirewallModule, ServingFirewall } from '../core/firewall.ts';
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
  /** What is known of each vendor, by kind. */
  firewalls: Readonly<Record<string, FirewallDescription>>;
}

/** Of a use case that asks devices. The bundle of a function that composes less holds no client of any vendor. */
export interface DevicePorts extends Ports {
  firewalls: Readonly<Record<string, FirewallModule>>;
}

/** Of the use case that serves lists. */
export interface ServingPorts extends Ports {
  firewalls: Readonly<Record<string, ServingFirewall>>;
}
