import type { VendorSimulator } from '../simulators/vendor.ts';
import { fmcSimulator } from './cisco-fmc/simulator/command.ts';
import { prefixListSimulator } from './aws-prefix-list/simulator/command.ts';
import { fortigateSimulator } from './fortigate/simulator/command.ts';
import { fortimanagerSimulator } from './fortimanager/simulator/command.ts';
import { panoramaSimulator } from './panorama/simulator/command.ts';
import { pullListSimulator } from './pull-list/simulator/command.ts';

/** The simulators that are shipped, one line per vendor; apart from the modules, so that no function carries them. */
export const vendorSimulators: readonly VendorSimulator[] = [
  fortigateSimulator,
  fortimanagerSimulator,
  panoramaSimulator,
  pullListSimulator,
  fmcSimulator,
  prefixListSimulator,
];

/** The firewall that fetches: it is called by nobody, so it is no simulator of a vendor. */
export { listReader, type ReaderCommand, simulateListReader } from './pull-list/simulator/reader/command.ts';
