import { ZonebridgeError } from '../core/errors.ts';
import type { Configuration } from './configuration/model.ts';

const listedMax = 20;

/** The names for a message, the first of them when there are many. */
export function listed(named: object): string {
  const all = Object.keys(named).sort();
  if (all.length === 0) return 'none';
  const more = all.length > listedMax ? ` and ${all.length - listedMax} more` : '';
  return `${all.slice(0, listedMax).join(', ')}${more}`;
}

/** For a firewall that somebody named and that the configuration does not have. */
export function unknownFirewall({ firewalls }: Configuration, id: string): ZonebridgeError {
  return new ZonebridgeError('command/usage', `no firewall ${id}; there are: ${listed(firewalls)}`);
}
