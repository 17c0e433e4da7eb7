import { ZonebridgeError } from '../../core/errors.ts';
import type { DeviceIdentity } from '../../core/firewall.ts';
import { incomplete, type PanoramaClient } from './client.ts';
import { child, textAt, xml } from './xml.ts';

/**
 * Serial number and version of the device that our tags or objects reach; with `ha` also whether it is the active unit. The time of its
 * last start is not read: a device tells only how long it runs, in words, and tags survive a restart.
 */
export async function readIdentity(client: PanoramaClient): Promise<DeviceIdentity> {
  const { result } = await client.op(xml('show', {}, [xml('system', {}, [xml('info')])]));
  const system = child(result, 'system');
  const serial = textAt(system, 'serial');
  const version = textAt(system, 'sw-version');
  if (!serial || !version || serial.length > 64 || version.length > 64)
    throw incomplete('op show system info');
  const { ha } = client.settings;
  if (ha && !ha.serials.includes(serial))
    throw new ZonebridgeError(
      'firewall/unknown-device',
      `device ${serial} answers, expected is ${ha.serials.join(' or ')}`,
    );
  const role = ha ? await readRole(client, serial) : undefined;
  const identity = { serial, version, ...(role === undefined ? {} : { role }) };
  client.remember(identity);
  return identity;
}

/** The state stands below `group` on a firewall and below `result` on a Panorama (public client of the interface). */
async function readRole(client: PanoramaClient, serial: string): Promise<string | undefined> {
  const { result } = await client.op(xml('show', {}, [xml('high-availability', {}, [xml('state')])]));
  if (textAt(result, 'enabled') !== 'yes') return undefined;
  const state = textAt(result, 'group', 'local-info', 'state') ?? textAt(result, 'local-info', 'state');
  // Assumption: a Panorama adds words, such as `primary-active`.
  if (state !== undefined && /passive|non-functional|suspended|initial/.test(state))
    throw new ZonebridgeError(
      'firewall/standby-unit',
      `${serial} answers, and its state is ${state.slice(0, 40)}`,
    );
  return state?.slice(0, 40);
}
