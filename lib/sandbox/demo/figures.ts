import type { Place } from './groups.ts';
import type { Stage } from './stage.ts';

/** Nearest-rank percentile; undefined of nothing. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

interface Mark {
  calls: number;
  commits: number;
}

function calls(stage: Stage, place: Place): number {
  return stage
    .view(place)
    .simulator.requests.list()
    .reduce((sum, { count }) => sum + count, 0);
}

/** Calls of the API for each membership that came or went, everything included (object made, identity read). */
export const callsPerChange = {
  start(stage: Stage, place: Place): Mark {
    return { calls: calls(stage, place), commits: stage.view(place).simulator.commits.last };
  },

  end(stage: Stage, place: Place, mark: Mark): number | undefined {
    const commits = stage.view(place).simulator.commits.after(mark.commits);
    const changes = commits.reduce((sum, { kind, added, removed }) => {
      if (kind === 'feed-add' || kind === 'feed-remove')
        return sum + (added?.['entries']?.length ?? 0) + (removed?.['entries']?.length ?? 0);
      return kind === 'member-add' || kind === 'member-remove' ? sum + 1 : sum;
    }, 0);
    return changes === 0 ? undefined : Math.round(((calls(stage, place) - mark.calls) / changes) * 100) / 100;
  },
};
