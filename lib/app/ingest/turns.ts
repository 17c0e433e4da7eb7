import { claimedAddresses } from '../../core/model/endpoint.ts';
import type { Change } from './apply-change.ts';

/**
 * Changes of one event in turns: what claims an address that a change before it claims comes in a later turn. An agent tells who has an address
 * before it tells who lists it, too; taken at the same time, the second one would not find the first, where the table of endpoints was lost.
 * Usually one turn.
 */
export function inTurns<C extends Pick<Change, 'record'>>(changes: Iterable<C>): C[][] {
  const turns: C[][] = [];
  const nextTurn = new Map<string, number>();
  for (const change of changes) {
    const claimed = claimedAddresses(change.record);
    const turn = Math.max(0, ...claimed.map((address) => nextTurn.get(address) ?? 0));
    for (const address of claimed) nextTurn.set(address, turn + 1);
    (turns[turn] ??= []).push(change);
  }
  return turns;
}
