import { ZonebridgeError } from '../../../core/errors.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { child, childrenNamed, xml } from '../xml.ts';

/**
 * Throws `firewall/scope-missing` where our objects have no place: a change of the candidate would make the missing virtual system or
 * device group instead of saying so. Assumption: a command that names a virtual system which is not there is refused.
 */
export async function requireScope(client: PanoramaClient): Promise<void> {
  const { device, deviceGroup } = client.settings;
  if (device === 'firewall') {
    await client.op(xml('show', {}, [xml('system', {}, [xml('info')])]));
    return;
  }
  if (deviceGroup === undefined) return;
  const { result } = await client.op(xml('show', {}, [xml('devicegroups')]), 'device');
  const groups = child(result, 'devicegroups');
  if (!groups) throw incomplete('op show devicegroups');
  if (childrenNamed(groups, 'entry').some(({ attributes }) => attributes['name'] === deviceGroup)) return;
  throw new ZonebridgeError(
    'firewall/scope-missing',
    `there is no device group ${deviceGroup} on the Panorama`,
  );
}
