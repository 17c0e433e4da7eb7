/** Milliseconds. */
export interface Spread {
  count: number;
  p50: number;
  p99: number;
}

/** Nearest-rank percentiles, rounded to a tenth. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** Work of one kind on one firewall at one size of the group. */
export interface Series {
  channel: 'push' | 'objects' | 'baseline';
  size: number;
  latency: Spread | undefined;
  /** API answer to agent, agent to ingest, ingest, ingest to sync, sync to commit. */
  phases: Record<string, Spread | undefined>;
  lost: number;
  callsPerChange: number;
  writesPerChange: number;
  bytesPerChange: number;
  stateCallsPerChange?: number;
  readUnitsPerChange?: number;
  writeUnitsPerChange?: number;
}

export interface Burst {
  changes: number;
  durationMs: number;
  writes: number;
  latency: Spread | undefined;
  lost: number;
}
