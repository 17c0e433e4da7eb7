import { startFmcRig } from './fmc-rig.ts';
import { startPrefixListRig } from './aws-prefix-list-rig.ts';
import { startFortigateRig } from './fortigate-rig.ts';
import { startPullListRig } from './pull-list-rig.ts';
import { startPanoramaRig } from './panorama-rig.ts';
import { startFortimanagerMappingRig } from './fortimanager-mapping-rig.ts';
import { startFortimanagerRig } from './fortimanager-rig.ts';
import type { Rig } from './rig.ts';

/** One entry per vendor of the registry; a vendor without one fails the contract suite. */
export const rigs: Readonly<Record<string, () => Promise<Rig>>> = {
  'aws-prefix-list': startPrefixListRig,
  fortigate: startFortigateRig,
  'pull-list': startPullListRig,
  panorama: startPanoramaRig,
  'cisco-fmc': startFmcRig,
  fortimanager: startFortimanagerRig,
};

/** Vendors whose settings make them work in another way, with the channels that do. They keep the same promises. */
export const variants: Readonly<Record<string, { channels: readonly string[]; start: () => Promise<Rig> }>> =
  {
    'fortimanager with a device': { channels: ['objects'], start: startFortimanagerMappingRig },
  };
