import { servingFirewalls } from '../firewalls/serving.ts';
import { composeFunctionWith } from './compose.ts';
import { readEnvironment } from './environment.ts';
import { ListServer } from './lists/serve-lists.ts';
import { ZonebridgeError } from '../core/errors.ts';

/** Serves the lists of the entry that the environment names. */
export function composeLists(): ListServer {
  const { lists } = readEnvironment(process.env);
  if (!lists) throw new ZonebridgeError('configuration/missing', 'ZONEBRIDGE_LISTS is not set');
  return new ListServer(composeFunctionWith(servingFirewalls, { hasty: true }), lists);
}
