import { beginning } from '../kernel/kernel.ts';
import type { World } from '../world.ts';

/** Calls for one that writes: who it is, whose the object is, reading back; and for comparisons and probes, a minute. */
const callsPerWrite = 8;
const callsPerMinute = 5;
/** Runs that met each other may both have seen the same difference. */
const idleMax = 3;
/** Each of them may make a run begin again. */
const troubles = ['crash', 'stall', 'storeFails', 'time-out', 'writeLate', 'writeRepeated'];

/**
 * What is asked of a firewall follows what changes: a write that was worked off changed something, but for those whose end we could not
 * know, and reads follow writes and time. Counted on the device over the whole of a seed.
 */
export function callsBeyond({ devices, kernel }: World): string[] {
  const found: string[] = [];
  const faults = troubles.reduce((sum, name) => sum + (kernel.faults.get(name) ?? 0), 0);
  const minutes = (kernel.now - beginning) / 60_000;
  for (const { name, applies, calls, disturbances, idle, uncertain } of devices.values()) {
    const idleLimit = idleMax + uncertain + disturbances + faults;
    if (idle > idleLimit)
      found.push(`${name}: ${idle} of ${applies} writes changed nothing, at most ${idleLimit}`);
    const limit = callsPerWrite * applies + callsPerMinute * minutes + uncertain + faults;
    if (calls > limit)
      found.push(`${name}: ${calls} calls for ${applies} writes, at most ${Math.round(limit)}`);
  }
  return found;
}
