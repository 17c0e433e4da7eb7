import type { OpenReport } from '../../shared/attempt.ts';

/** Some addresses to add to or remove from one object. */
export interface MappingCommand {
  report: OpenReport;
  op: 'add' | 'remove';
  addresses: string[];
}

/**
 * Addresses in one call: the limit of bulk calls, and nobody says whether it counts objects or addresses. Objects in one call: what a
 * public client sends at most. Both stay far below the 2 MB of a body.
 */
const addressesMax = 1_000;
const objectsMax = 500;

/** The changes of all objects in as few calls as possible. What has an outcome already is left out. */
export function chunksOf(reports: readonly OpenReport[]): MappingCommand[][] {
  const chunks: MappingCommand[][] = [];
  let count = addressesMax;
  for (const report of reports) {
    for (const op of ['remove', 'add'] as const) {
      let open: MappingCommand | undefined;
      for (const address of report.changes[op]) {
        if (report.outcomes.has(address)) continue;
        if (count >= addressesMax || (!open && (chunks.at(-1)?.length ?? 0) >= objectsMax)) {
          chunks.push([]);
          count = 0;
          open = undefined;
        }
        if (!open) {
          open = { report, op, addresses: [] };
          chunks.at(-1)?.push(open);
        }
        open.addresses.push(address);
        count += 1;
      }
    }
  }
  return chunks;
}
