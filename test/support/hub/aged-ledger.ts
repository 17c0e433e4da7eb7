import type { Tables } from '../../../lib/core/ports.ts';
import { ledgerKey, listLedger, objectKey } from '../../../lib/app/state/ledger.ts';
import { count } from '../../../lib/app/state/items.ts';

/** Longer than a read may be late. */
const agedMs = 600_000;

/** Lets what we wrote to a firewall have been there for a while, so that a comparison believes what a person did since. */
export async function ageLedger(tables: Tables, firewall: string, groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    const [object] = await tables.read([objectKey(firewall, group)]);
    const times = ['madeAt', 'removedAt'].flatMap((name) => {
      const at = count(object, name);
      return at === 0 ? [] : [[name, at - agedMs]];
    });
    await tables.write({ key: objectKey(firewall, group), update: { set: Object.fromEntries(times) } });
    for (const { key, row } of await listLedger(tables, firewall, group)) {
      const set = { changedAt: row.changedAt - agedMs, putAt: (row.putAt ?? row.changedAt) - agedMs };
      await tables.write({ key: ledgerKey(firewall, key), update: { set } });
    }
  }
}
