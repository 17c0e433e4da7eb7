import { deliveries } from '../deliveries.ts';

/** From when on a write of ours may not show yet in what was read at this time; never, where what was written is read. */
export function lateSince(readsLagMs: number | undefined, readAt: number): number {
  return readsLagMs === undefined ? Infinity : readAt - readsLagMs;
}

/** A write that was begun at this time may have ended as late as its run. */
export function maybeLate(begunAt: number, since: number): boolean {
  return begunAt + deliveries.wake.timeout * 1000 >= since;
}
