import { z } from 'zod';
import type { Device } from './device.ts';

const seedSchema = z.strictObject({
  vdom: z.string().optional(),
  /** Rows to create, by table such as `firewall/address`, in the order given. */
  rows: z.record(z.string(), z.array(z.record(z.string(), z.json()))).default({}),
  /** Entries to put into push feeds that exist. */
  feeds: z.record(z.string(), z.array(z.string())).default({}),
});

/**
 * Fills the device quickly, as a file an operator loads would: through the same checks as the API, one commit per row.
 * Throws RangeError or the Refusal of the first row that does not fit; what came before it stays.
 */
export function seedDevice(device: Device, input: unknown): { rows: number; entries: number } {
  const parsed = seedSchema.safeParse(input);
  if (!parsed.success) {
    throw new RangeError(z.prettifyError(parsed.error));
  }
  const vdom = device.vdom(parsed.data.vdom ?? device.managementVdom);
  let count = 0;
  for (const [path, rows] of Object.entries(parsed.data.rows)) {
    const table = vdom.table(path);
    if (table === undefined) {
      throw new RangeError(`There is no table ${JSON.stringify(path)}.`);
    }
    for (const row of rows) {
      device.record(vdom.name, table.create(row));
      count += 1;
    }
  }
  let entries = 0;
  for (const [feed, texts] of Object.entries(parsed.data.feeds)) {
    const { added, removed } = vdom.feeds.run(feed, 'snapshot', texts);
    entries += added.length;
    device.record(vdom.name, {
      kind: 'feed-snapshot',
      path: 'system/external-resource',
      key: feed,
      added: { entries: added },
      removed: { entries: removed },
    });
  }
  return { rows: count, entries };
}
