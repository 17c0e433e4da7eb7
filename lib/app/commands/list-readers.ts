import { isSilent } from '../../core/lists.ts';
import type { Configuration } from '../configuration/model.ts';
import { versionOf } from '../lists/version.ts';
import type { Ports } from '../ports.ts';
import { fetchesMax, readFetches } from '../state/fetches.ts';
import { inParallel } from '../state/items.ts';
import { listLedger, objectKey, readObject } from '../state/ledger.ts';
import { groupsOn, moduleOf } from '../targets.ts';

/** What the firewalls behind one name fetched of one list. */
export interface ReaderOfList {
  group: string;
  list: string;
  reader: string;
  /** Source addresses that fetched it within the last 30 days. */
  firewalls: number;
  /** Those that fetched the members which our record has now. */
  current: number;
  /** Last fetch of the one that fetched last, and of the one that did so longest ago; at most five minutes too old. Undefined: nobody did. */
  lastFetch: number | undefined;
  oldestFetch: number | undefined;
  /** Addresses that fetched it and then have not for longer than is configured; for a week. */
  silent: readonly string[];
}

/** By list and configured reader, where firewalls fetch from us; undefined everywhere else. */
export async function listReaders(
  ports: Ports,
  configuration: Configuration,
  firewall: string,
): Promise<ReaderOfList[] | undefined> {
  const settings = configuration.firewalls[firewall];
  const serving = settings && moduleOf(ports.firewalls, settings).serving;
  if (!serving) return undefined;
  const fetches = Map.groupBy(
    await readFetches(ports.tables, firewall, { most: fetchesMax }),
    ({ list, reader }) => JSON.stringify([list, reader]),
  );
  const { readers } = serving.place(settings.settings);
  const now = ports.clock.now();
  const places = groupsOn(configuration, firewall);
  const items = await ports.tables.read(places.map(({ group }) => objectKey(firewall, group.name)));
  const byGroup = await inParallel([...places.entries()], 4, async ([index, { group }]) => {
    const { object: list } = readObject(items[index], now);
    const rows = await listLedger(ports.tables, firewall, group.name);
    const members = rows.filter(({ row }) => row.state === 'present').map(({ address }) => address);
    const version = versionOf(serving.text(members));
    return readers.map((one): ReaderOfList => {
      const found = fetches.get(JSON.stringify([list, one.name])) ?? [];
      const times = found.map(({ at }) => at);
      return {
        group: group.name,
        list,
        reader: one.name,
        firewalls: found.length,
        current: found.filter((fetch) => fetch.version === version).length,
        lastFetch: times.length === 0 ? undefined : Math.max(...times),
        oldestFetch: times.length === 0 ? undefined : Math.min(...times),
        silent: found.filter(({ at }) => isSilent(at, one, now)).map(({ address }) => address),
      };
    });
  });
  return byGroup.flat();
}
