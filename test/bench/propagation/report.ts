import Table from 'cli-table3';
import type { Burst, Series, Spread } from './figures.ts';

/** A table for people; all figures are in the object that `--json` prints. */
export function table(result: {
  series: readonly Series[];
  burst: Burst;
  ratios: Record<string, number | undefined>;
}): string {
  const figures = new Table({
    head: [
      'channel',
      'size',
      'p50 ms',
      'p99 ms',
      'lost',
      'calls',
      'writes',
      'bytes',
      'state calls',
      'read units',
      'write units',
    ],
    style: { head: [], border: [] },
  });
  for (const one of result.series) {
    figures.push([
      one.channel,
      one.size,
      one.latency?.p50 ?? '-',
      one.latency?.p99 ?? '-',
      one.lost,
      one.callsPerChange,
      one.writesPerChange,
      one.bytesPerChange,
      one.stateCallsPerChange ?? '-',
      one.readUnitsPerChange ?? '-',
      one.writeUnitsPerChange ?? '-',
    ]);
  }
  const lines = [figures.toString(), 'Calls, writes, bytes, state calls and units are per change.'];
  for (const { channel, size, phases } of result.series) {
    const shown = Object.entries(phases).map(([name, value]) => `${name} ${both(value)}`);
    if (shown.length > 0) lines.push(`${channel} ${size}: ${shown.join(', ')} (p50/p99 ms)`);
  }
  const { burst } = result;
  lines.push(
    `Burst of ${burst.changes}: ${burst.durationMs} ms, ${burst.writes} writes, latency ${both(burst.latency)} ms, ${burst.lost} lost`,
    `Ratios: ${Object.entries(result.ratios)
      .map(([name, value]) => `${name} ${value ?? '-'}`)
      .join(', ')}`,
  );
  return lines.join('\n');
}

function both(value: Spread | undefined): string {
  return value ? `${value.p50}/${value.p99}` : '-';
}
