import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceIdentity, FirewallConnection } from '../../core/firewall.ts';
import { byChannel } from '../shared/channels.ts';
import { marks } from '../shared/marks.ts';
import { OwnWrites } from '../shared/own-writes.ts';
import { printable } from '../shared/printable.ts';
import { DeviceMappings } from './channels/device-mappings.ts';
import { FeedChannel } from './channels/feed.ts';
import { GroupRows } from './channels/group-rows.ts';
import { ObjectsChannel } from './channels/objects.ts';
import { sharedMarks } from './channels/shared-marks.ts';
import { TagsChannel } from './channels/tags.ts';
import { adomPath, FortimanagerClient, isAdomMissing } from './client.ts';
import type { FortimanagerSettings } from './schema.ts';
import { Workspace } from './workspace.ts';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<FortimanagerSettings>): FirewallConnection {
  const client = new FortimanagerClient(request);
  const seen = marks((name) => request.commentFor(name));
  const workspace = new Workspace(client);
  const { device, adom, address, port } = request.settings;
  const ownWrites = new OwnWrites(request.clock, [address, port, adom, device, request.firewall]);
  const ofAdom = device ? sharedMarks(request.hub, adom) : seen;
  const groups = device
    ? new DeviceMappings(client, device, { mapping: seen, group: ofAdom }, ownWrites)
    : new GroupRows(client, seen);
  const channels = {
    feed: new FeedChannel(client, seen, ownWrites),
    tags: new TagsChannel(client, seen, workspace),
    objects: new ObjectsChannel(
      { client, hub: request.hub, marks: seen, addressMarks: ofAdom, groups },
      workspace,
    ),
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.lastIdentity(),
    certificate: () => client.certificate,
    ...byChannel('a FortiManager', channels),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}

/** They stand in messages. */
const line = (most: number) => z.string().max(most).transform(printable).pipe(z.string().min(1));
const status = z.looseObject({
  'Serial Number': line(64),
  Version: line(128),
  'HA Mode': z.string().max(64).transform(printable).optional(),
});

/** Serial, version and role, with a look whether the ADOM is there; one call. */
export async function readIdentity(client: FortimanagerClient): Promise<DeviceIdentity> {
  const { adom, ha } = client.settings;
  const [told, place] = await client.read([
    { url: '/sys/status' },
    { url: adomPath(adom), fields: ['name'] },
  ]);
  if (isAdomMissing(place?.status.code))
    throw new ZonebridgeError(
      'firewall/scope-missing',
      `there is no ADOM ${adom}, or the administrator may not see it`,
    );
  // Small profiles may read the status in one of two places.
  const data =
    told?.status.code === 0 ? told.data : await client.readOne({ url: '/cli/global/system/status' });
  const parsed = status.safeParse(data);
  if (!parsed.success)
    throw new ZonebridgeError('firewall/unexpected-answer', 'the answer names no serial number and version');
  const { 'Serial Number': serial, Version: text, 'HA Mode': mode = '' } = parsed.data;
  if (ha && !ha.serials.includes(serial))
    throw new ZonebridgeError(
      'firewall/unknown-device',
      `manager ${serial} answers, expected is ${ha.serials.join(' or ')}`,
    );
  const role = roleOf(mode);
  if (role === 'secondary')
    throw new ZonebridgeError(
      'firewall/standby-unit',
      `${serial} answers, which is the ${mode} unit of its cluster`,
    );
  const identity = {
    serial,
    version: /^v?[\d.]+/.exec(text)?.[0] ?? text,
    ...(role === undefined ? {} : { role }),
  };
  client.remember(identity);
  return identity;
}

/** Assumption: a unit alone says `Stand Alone`, those of a cluster `Primary` (`Master`) or `Secondary` (`Slave`, `Backup`). */
function roleOf(mode: string): string | undefined {
  if (/primary|master/i.test(mode)) return 'primary';
  return /secondary|slave|backup/i.test(mode) ? 'secondary' : undefined;
}
