import type { OpenReport } from '../../shared/attempt.ts';

/** One command for one tag. */
export interface TagBlock {
  report: OpenReport;
  command: 'add' | 'delete';
  addresses: string[];
}

/** Assumption: the largest request is not documented; so many addresses are sent at most. */
const addressesMax = 5_000;

/** Changes as few calls as possible: one for all tags where the version takes several. What has an outcome already is left out. */
export function blocksOf(reports: readonly OpenReport[], together: boolean): TagBlock[][] {
  const blocks = reports.flatMap((report) => {
    const { add, remove } = report.changes;
    const left = (all: readonly string[]): string[] => all.filter((address) => !report.outcomes.has(address));
    return [
      ...parts(left(add)).map((addresses): TagBlock => ({ report, command: 'add', addresses })),
      ...parts(left(remove)).map((addresses): TagBlock => ({ report, command: 'delete', addresses })),
    ];
  });
  if (!together) return blocks.map((block) => [block]);
  const calls: TagBlock[][] = [];
  let room = 0;
  for (const block of blocks) {
    if (block.addresses.length > room || calls.length === 0) {
      calls.push([]);
      room = addressesMax;
    }
    calls.at(-1)?.push(block);
    room -= block.addresses.length;
  }
  return calls;
}

function parts(addresses: readonly string[]): string[][] {
  const count = Math.ceil(addresses.length / addressesMax);
  return Array.from({ length: count }, (_, index) =>
    addresses.slice(index * addressesMax, (index + 1) * addressesMax),
  );
}
