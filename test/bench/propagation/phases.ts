import { type Spread, spread } from './figures.ts';
import type { Invocation } from './invocations.ts';

/** One change: when the API answered and when the firewall had it (milliseconds since 1970). */
export interface Sample {
  answeredAt: number;
  committedAt: number | undefined;
  latency: number | undefined;
}

export interface Phases {
  phases: Record<string, Spread | undefined>;
  /** Sums over all invocations of the two functions of the path. */
  usage: { calls: number; readUnits: number; writeUnits: number };
}

/**
 * Lays the invocations of the functions beside the changes. Changes are far enough apart that the last ingest and the last sync
 * that began between answer and commit belong to the change; a change without both is left out.
 */
export function phasesOf(samples: readonly Sample[], invocations: readonly Invocation[]): Phases {
  const ingests = invocations.filter(({ useCase }) => useCase === 'ingest-deltas');
  const syncs = invocations.filter(({ useCase }) => useCase === 'sync-firewall');
  const values: Record<string, number[]> = {
    'API to ingest': [],
    ingest: [],
    'ingest to sync': [],
    'sync to commit': [],
  };
  for (const { answeredAt, committedAt } of samples) {
    if (committedAt === undefined) continue;
    const sync = syncs.findLast(({ startedAt }) => startedAt >= answeredAt - 1 && startedAt <= committedAt);
    const ingest =
      sync &&
      ingests.findLast(
        ({ startedAt, endedAt }) => startedAt >= answeredAt - 5 && endedAt <= sync.startedAt + 20,
      );
    if (!sync || !ingest) continue;
    values['API to ingest']?.push(Math.max(0, ingest.startedAt - answeredAt));
    values['ingest']?.push(ingest.endedAt - ingest.startedAt);
    values['ingest to sync']?.push(Math.max(0, sync.startedAt - ingest.endedAt));
    values['sync to commit']?.push(committedAt - sync.startedAt);
  }
  const usage = { calls: 0, readUnits: 0, writeUnits: 0 };
  for (const one of [...ingests, ...syncs]) {
    usage.calls += one.calls;
    usage.readUnits += one.readUnits;
    usage.writeUnits += one.writeUnits;
  }
  return {
    phases: Object.fromEntries(Object.entries(values).map(([name, list]) => [name, spread(list)])),
    usage,
  };
}
