import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { DeviceIdentity } from '../../core/firewall.ts';
import type { FmcClient } from './client.ts';
import { listAll } from './lists.ts';
import { cloudVersion } from './version.ts';

const word = z.string().trim().min(1).max(100).optional().catch(undefined);
const serverVersion = z.looseObject({
  serverVersion: z.string().min(1).max(100),
  serialNumber: word,
  uuid: word,
  hostname: word,
});

const unit = z.looseObject({ uuid: word, role: word }).optional();
const pair = z.looseObject({ fmcPrimary: unit, fmcSecondary: unit });

/**
 * Who answers: serial number, uuid or host name, the first that the manager tells. Assumption: a manager of one's own has the fields that
 * are published for the cloud; one that tells none of them is known by its domain, and then a replaced one is noticed only because our
 * objects have other ids there.
 */
export async function readIdentity(client: FmcClient): Promise<DeviceIdentity> {
  // First, so that a domain that is not there shows before anything else.
  const domain = await client.domain();
  const answer = await client.platform('/info/serverversion');
  const items = z.array(serverVersion).safeParse(answer['items']);
  const found = items.success ? items.data[0] : undefined;
  if (!found)
    throw new ZonebridgeError('firewall/unexpected-answer', 'the manager does not tell its version');
  const serial = found.serialNumber ?? found.uuid ?? found.hostname ?? domain;
  // Without the build in brackets: a patch shows in the numbers, too.
  const numbers = found.serverVersion.split(' ')[0] ?? found.serverVersion;
  // Of the cloud as it is configured: its number changes without anybody's doing.
  const version = client.settings.cloud ? `${cloudVersion}.${numbers}` : numbers;
  client.identity = { serial, version };
  const role = client.settings.ha ? await readRole(client, found.uuid) : undefined;
  if (role !== undefined) client.identity = { serial, version, role };
  return client.identity;
}

/**
 * Which unit of a pair answers. The one in reserve must not be written to. Assumption: the `uuid` of the version is the one that the pair
 * lists; where it is not told, the role stays unknown.
 */
async function readRole(client: FmcClient, uuid: string | undefined): Promise<string | undefined> {
  let listed: z.infer<typeof pair>[];
  try {
    listed = await listAll(client, pair, { path: '/integration/fmchastatuses' });
  } catch (error) {
    if (
      isZonebridgeError(
        error,
        'firewall/permission-denied',
        'firewall/object-missing',
        'firewall/unsupported',
      )
    )
      return undefined;
    throw error;
  }
  const units = listed.flatMap(({ fmcPrimary, fmcSecondary }) => [fmcPrimary, fmcSecondary]);
  const role = units.find((one) => one?.uuid !== undefined && one.uuid === uuid)?.role?.toLowerCase();
  if (role !== 'standby') return role;
  throw new ZonebridgeError(
    'firewall/standby-unit',
    `${uuid ?? 'this manager'} answers, it is the standby unit of its pair`,
  );
}
