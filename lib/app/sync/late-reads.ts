import { deliveries } from '../deliveries.ts';
import type { ObjectRow } from '../state/ledger.ts';

/** From when on a write of ours may not show yet in what was read at this time; never, where what was written is read. */
export function lateSince(readsLagMs: number | undefined, readAt: number): number {
  return readsLagMs === undefined ? Infinity : readAt - readsLagMs;
}

/** We made the object so lately that a read may not show it. Without an answer, it may have been made as late as its run ended. */
export function madeLately({ madeAt, ownership }: ObjectRow, since: number): boolean {
  const answered = ownership === 'ours';
  return madeAt + (answered ? 0 : deliveries.wake.timeout * 1000) >= since;
}
