import type { ObjectUse } from '../../../core/firewall.ts';
import type { FirewallConfiguration } from '../../configuration/model.ts';
import type { Ports } from '../../ports.ts';
import { readFetches } from '../../state/fetches.ts';
import { moduleOf } from '../../targets.ts';

/** A list that was fetched within this time is in use. A firewall that looks less often than once a day is not seen here. */
const usedForMs = 24 * 60 * 60_000;

const rowsMax = 5_000;

/** Who fetched a list lately: its users, because no device tells them. Nobody where firewalls do not fetch from us. */
export async function fetchersOf(
  ports: Ports,
  settings: FirewallConfiguration,
  { firewall, object }: { firewall: string; object: string },
): Promise<ObjectUse['users']> {
  if (!moduleOf(ports.firewalls, settings).serving) return [];
  const since = ports.clock.now() - usedForMs;
  const fetches = await readFetches(ports.tables, firewall, { most: rowsMax, list: object });
  return fetches
    .filter(({ at }) => at > since)
    .map(({ reader, address }) => ({ where: reader, key: address, field: 'fetched it within a day' }));
}
