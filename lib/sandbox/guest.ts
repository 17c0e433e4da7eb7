import type { App } from '../app/compose.ts';
import type { DevicePorts } from '../app/ports.ts';
import { firewallModule } from '../firewalls/registry.ts';
import { vendorSimulators } from '../firewalls/simulators.ts';
import type { RunningSimulator, VendorSimulator } from '../simulators/vendor.ts';
import { sandboxHub } from './configuration.ts';
import { startFetching } from './fetching.ts';

/** A simulated firewall of any vendor, beside the FortiGates that the demo's own scenes play on. Its id in the configuration is its kind. */
export interface Guest {
  kind: string;
  displayName: string;
  /** The way of this vendor that writes no configuration: the right one for pods. */
  channel: string;
  simulator: GuestSimulator;
  /** Addresses of a group, sorted; empty when its object is not there. */
  members(group: string): string[];
}

/** Whom the product does not reach, but fetches from it, has no address in the configuration. */
export type GuestSimulator = Omit<RunningSimulator, 'port' | 'caFile'> &
  Partial<Pick<RunningSimulator, 'port' | 'caFile'>>;

/** The vendors that can be guests. */
export function guestKinds(): string[] {
  return vendorSimulators.map(({ kind }) => kind).filter((kind) => channelOf(kind) !== undefined);
}

/** Where the groups of a guest go: its id is its kind. */
export function guestTargets(kinds: readonly string[]): { firewall: string; channel: string }[] {
  return kinds.map((kind) => ({ firewall: kind, channel: channelOf(kind) ?? '' }));
}

/**
 * Starts the simulator of a vendor. `directory`: where its authority lies; `app`: the product, asked for once it runs. Throws TypeError for a
 * word that {@link guestKinds} does not list.
 */
export async function startGuest(
  kind: string,
  directory: string,
  app: () => App<DevicePorts>,
): Promise<Guest> {
  const module = firewallModule(kind);
  const channel = channelOf(kind);
  const vendor = vendorSimulators.find((one: VendorSimulator) => one.kind === kind);
  if (!module || !vendor || channel === undefined) throw new TypeError(`no simulated firewall ${kind}`);
  // Nothing is enforced where a list lies, but on the firewall that fetched it.
  const simulator: GuestSimulator = module.serving
    ? await startFetching(kind, app)
    : await vendor.start({ certificateDirectory: directory });
  const name = (group: string): string =>
    module.objectName({ hub: sandboxHub, group, channel, firewall: kind });
  return {
    kind,
    displayName: module.serving ? 'a FortiGate that fetches the list' : module.displayName,
    channel,
    simulator,
    members: (group) => [...(simulator.members(channel, name(group)) ?? [])].sort(),
  };
}

/** Undefined where there is none. */
function channelOf(kind: string): string | undefined {
  const channels = Object.entries(firewallModule(kind)?.facts.channels ?? {});
  return channels.find(([, facts]) => !facts.writesConfiguration)?.[0];
}
