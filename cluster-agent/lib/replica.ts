import type { Agent } from './agent.ts';
import type { Election } from './election.ts';

/** Why a replica ended: on request, because the hub heard another process after it, or because another replica has the Lease. */
export type ReplicaEnd = 'stopped' | 'superseded' | 'deposed';

/**
 * Follows until it is this replica's turn, then is the agent of the cluster until stopped or replaced. A follower lists nothing and
 * watches nothing: what it takes over with is what a start takes. The Lease is given up after the last word to the hub.
 */
export async function runReplica(
  agent: Agent,
  election: Election | undefined,
  stop: AbortSignal,
): Promise<ReplicaEnd> {
  const end = (): void => agent.stop();
  if (election && !(await election.follow(stop))) return 'stopped';
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  const over = new AbortController();
  const term = election?.lead(over.signal).then((how) => {
    if (how === 'lost') end();
    return how;
  });
  try {
    const how = await agent.run();
    over.abort();
    return (await term) === 'lost' ? 'deposed' : how;
  } finally {
    over.abort();
    await term;
    await election?.giveUp();
  }
}
