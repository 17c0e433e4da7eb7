import type { OpenReport } from '../../shared/attempt.ts';

export interface FeedCommand {
  report: OpenReport;
  command: 'add' | 'remove';
  entries: string[];
}

/** Assumption: the largest body FortiOS takes is not documented; a megabyte is what we send at most. */
const bytesMax = 1_000_000;
const entriesMax = 10_000;

/** The changes of all feeds as few bodies as possible: one, unless there are very many. What has an outcome already is left out. */
export function chunksOf(reports: readonly OpenReport[]): FeedCommand[][] {
  const chunks: FeedCommand[][] = [];
  let bytes = 0;
  let entries = 0;
  for (const report of reports) {
    for (const [command, addresses] of [
      ['add', report.changes.add],
      ['remove', report.changes.remove],
    ] as const) {
      let open: FeedCommand | undefined;
      for (const address of addresses) {
        if (report.outcomes.has(address)) continue;
        const size = Buffer.byteLength(JSON.stringify(address)) + 1;
        if (chunks.length === 0 || bytes + size > bytesMax || entries >= entriesMax) {
          chunks.push([]);
          bytes = 0;
          entries = 0;
          open = undefined;
        }
        if (!open) {
          open = { report, command, entries: [] };
          chunks.at(-1)?.push(open);
          bytes += report.object.name.length + 60;
        }
        open.entries.push(address);
        bytes += size;
        entries += 1;
      }
    }
  }
  return chunks;
}
