import { firewallModules } from '../firewalls/registry.ts';
import { type App, compose, composeFunctionWith, type ComposeOptions, type FunctionApp } from './compose.ts';
import type { DevicePorts } from './ports.ts';

/** For whoever asks devices: the clients of all vendors come with it. */
export function composeDevices(hub: string, more: ComposeOptions = {}): App<DevicePorts> {
  return compose(hub, firewallModules, more);
}

/** The same for functions; their bundles hold all clients. */
export function composeDeviceFunction(): FunctionApp<DevicePorts> {
  return composeFunctionWith(firewallModules);
}
