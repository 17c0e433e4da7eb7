import type { Subject } from '../app/commands/history/changes.ts';
import { ZonebridgeError } from '../core/errors.ts';
import { askedAddress } from '../core/model/address.ts';
import type { HubSession } from './hub.ts';
import { listed } from '../app/unknown-name.ts';

/** Word for what concerns no single firewall, such as an apply, and its name in the archive. */
const hubWord = 'hub';
export const hubSubject = '_hub';

/**
 * What a question is about: an address, a group or a firewall, also one that the configuration does not have any more when `as` says what it
 * was. Throws `command/usage` for a name that is nothing, or two things at once.
 */
export async function parseSubject(
  hub: HubSession,
  given: string,
  as: Subject['kind'] | undefined,
): Promise<Subject> {
  const address = as === 'group' || as === 'firewall' ? undefined : askedAddress(given);
  if (as === 'address' || (as === undefined && address !== undefined)) {
    if (address === undefined) throw new ZonebridgeError('command/usage', `${given} is no address`);
    return { kind: 'address', address };
  }
  if (as === 'group') return { kind: 'group', group: given };
  if (as === 'firewall') return { kind: 'firewall', firewall: given };
  const { firewalls, groups } = (await hub.active()).configuration;
  const isGroup = Object.hasOwn(groups, given);
  const isFirewall = Object.hasOwn(firewalls, given);
  if (isGroup && isFirewall)
    throw new ZonebridgeError(
      'command/usage',
      `${given} is a group and a firewall: add --as group or --as firewall`,
    );
  if (isGroup) return { kind: 'group', group: given };
  if (isFirewall) return { kind: 'firewall', firewall: given };
  if (given === hubWord) return { kind: 'firewall', firewall: hubSubject };
  throw new ZonebridgeError(
    'command/usage',
    `${given} is no address, group or firewall; groups: ${listed(groups)}; firewalls: ${listed(firewalls)}. Of one that is gone say what it was with --as`,
  );
}
