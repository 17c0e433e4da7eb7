import { ZonebridgeError } from '../../core/errors.ts';
import type { DeviceIdentity } from '../../core/firewall.ts';
import { incomplete, type PanoramaClient } from './client.ts';
import { isActive, stateCommand, stateIn } from './high-availability.ts';
import { child, textAt, xml } from './xml.ts';

/**
 * Serial number and version of the device that our tags or objects reach, of a pair that of the unit which is active now; with `ha` also
 * whether it is the active unit. The time of its last start is not read: a device tells only how long it runs, in words, and tags survive a
 * restart.
 */
export async function readIdentity(client: PanoramaClient): Promise<DeviceIdentity> {
  client.forgetUnit();
  const { result } = await client.op(xml('show', {}, [xml('system', {}, [xml('info')])]));
  const system = child(result, 'system');
  const serial = textAt(system, 'serial');
  const version = textAt(system, 'sw-version');
  if (!serial || !version || serial.length > 64 || version.length > 64)
    throw incomplete('op show system info');
  const { ha, targets } = client.settings;
  // A call that lost its target on the way is answered by the Panorama itself, and a write would land in its own table.
  for (const expected of [targets, ha?.serials])
    if (expected && !expected.includes(serial))
      throw new ZonebridgeError(
        'firewall/unknown-device',
        `device ${serial} answers, expected is ${expected.join(' or ')}`,
      );
  const role = client.unit?.state ?? (ha ? await readRole(client, serial) : undefined);
  const identity = { serial, version, ...(role === undefined ? {} : { role }) };
  client.remember(identity);
  return identity;
}

async function readRole(client: PanoramaClient, serial: string): Promise<string | undefined> {
  const state = stateIn(await client.op(stateCommand));
  if (state !== undefined && !isActive(state))
    throw new ZonebridgeError('firewall/standby-unit', `${serial} answers, and its state is ${state}`);
  return state;
}
