import { isSilent } from '../../core/lists.ts';
import type { Configuration } from '../configuration/model.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import { fetchesMax, readFetches } from '../state/fetches.ts';
import { groupsOn, moduleOf, objectRef } from '../targets.ts';

/** Tells how many firewalls fetched a list of this entry and have stopped; nothing where firewalls do not fetch from us. */
export async function measureSilentReaders(
  ports: Ports,
  configuration: Configuration,
  firewall: string,
): Promise<void> {
  const settings = configuration.firewalls[firewall];
  if (!settings) return;
  const module = moduleOf(ports.firewalls, settings);
  if (!module.serving) return;
  const readers = new Map(module.serving.place(settings.settings).readers.map((one) => [one.name, one]));
  // What left the configuration is not served any more: nobody is missing there.
  const lists = new Set(
    groupsOn(configuration, firewall).map(
      (place) => objectRef(module, { hub: ports.hub, settings, ...place }).name,
    ),
  );
  const now = ports.clock.now();
  const fetches = await readFetches(ports.tables, firewall, { most: fetchesMax });
  const silent = fetches.filter(({ list, reader, at }) => {
    const known = readers.get(reader);
    return known !== undefined && lists.has(list) && isSilent(at, known, now);
  });
  const firewalls = new Set(silent.map(({ reader, address }) => `${reader}|${address}`));
  ports.telemetry.metric(metrics.silentReaders.name, firewalls.size, { firewall });
}
