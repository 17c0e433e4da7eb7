import type { Drill } from './drill.ts';
import { clusterDrills } from './faults/clusters.ts';
import { firewallDrills } from './faults/firewalls.ts';
import { hostDrills } from './faults/hosts.ts';
import { orderDrills } from './faults/orders.ts';
import { plumbingDrills } from './faults/plumbing.ts';

/** All drills. A new alarm needs one: a few lines in a file of `faults/`. */
export const drills: readonly Drill[] = [
  ...clusterDrills,
  ...firewallDrills,
  ...hostDrills,
  ...orderDrills,
  ...plumbingDrills,
];
