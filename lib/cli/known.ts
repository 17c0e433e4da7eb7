import { activeOrNone } from '../app/state/active-or-none.ts';
import type { Configuration } from '../app/configuration/model.ts';
import { listed } from '../app/unknown-name.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { ActiveHub } from './hub.ts';

interface Named {
  firewall?: string | undefined;
  group?: string | undefined;
}

/**
 * Throws `command/usage` for a firewall or group that is neither in the file nor in the active generation, and says which there are.
 * What is in the file needs no look at the hub.
 */
export async function requireKnown(hub: ActiveHub, named: Named): Promise<void> {
  const { configuration } = hub;
  if (configuration && unknownIn(configuration, named) === undefined) return;
  const active = await activeOrNone(hub.configurations);
  // Before the first apply and without a file, the command itself says that nothing is active.
  const known = active?.configuration ?? configuration;
  const message = known && unknownIn(known, named);
  if (message !== undefined) throw new ZonebridgeError('command/usage', message);
}

function unknownIn({ firewalls, groups }: Configuration, { firewall, group }: Named): string | undefined {
  if (firewall !== undefined && !Object.hasOwn(firewalls, firewall))
    return `no firewall ${firewall}; there are: ${listed(firewalls)}`;
  if (group !== undefined && !Object.hasOwn(groups, group))
    return `no group ${group}; there are: ${listed(groups)}`;
  return undefined;
}
