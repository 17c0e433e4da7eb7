import { z } from 'zod';
import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceIdentity, FirewallConnection } from '../../core/firewall.ts';
import { AddressObjects } from './channels/address-objects.ts';
import { Groups } from './channels/groups.ts';
import { byChannel } from '../shared/channels.ts';
import { marks } from '../shared/marks.ts';
import { ObjectsChannel } from './channels/objects.ts';
import { PushChannel } from './channels/push.ts';
import { FortigateClient, statusPath } from './client.ts';
import type { FortigateSettings } from './schema.ts';

const state = z.looseObject({ utc_last_reboot: z.number().positive().optional() });

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<FortigateSettings>): FirewallConnection {
  const client = new FortigateClient(request);
  const seen = marks((name) => request.commentFor(name));
  const addresses = new AddressObjects(client, seen, request.hub);
  const channels = {
    objects: new ObjectsChannel({ groups: new Groups(client, seen), addresses, marks: seen }),
    push: new PushChannel(client, seen),
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.lastIdentity(),
    certificate: () => client.certificate,
    ...byChannel('a FortiGate', channels),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}

/**
 * Serial and version stand in every envelope; the time of the last start (`utc_last_reboot`, milliseconds) in
 * `monitor/web-ui/state` of versions before 7.6. An administrator who may not read it, or a device that does not have it,
 * is asked for its status instead. Assumption: any administrator may read one of the two.
 */
async function readIdentity(client: FortigateClient): Promise<DeviceIdentity> {
  let bootTime: number | undefined;
  try {
    const parsed = state.safeParse((await client.get('/api/v2/monitor/web-ui/state')).results);
    bootTime = parsed.success ? parsed.data.utc_last_reboot : undefined;
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) throw error;
    await client.get(statusPath);
  }
  const identity = client.lastIdentity();
  if (!identity)
    throw new ZonebridgeError('firewall/unexpected-answer', 'the answer names no serial number and version');
  const role = client.settings.ha ? await readRole(client, identity.serial) : undefined;
  return {
    ...identity,
    ...(bootTime === undefined ? {} : { bootTime }),
    ...(role === undefined ? {} : { role }),
  };
}

const peers = z.array(
  z.looseObject({ serial_no: z.string(), primary: z.boolean().optional(), master: z.boolean().optional() }),
);

/**
 * Which unit of a cluster answers, when the administrator may read it (`sysgrp` permission `cfg`); a unit alone has no list. A unit that
 * waits in reserve must not be written to: its configuration is a copy. Assumption: `primary`, or `master` in older versions, stands
 * with the active unit alone.
 */
async function readRole(client: FortigateClient, serial: string): Promise<string | undefined> {
  let results: unknown;
  try {
    ({ results } = await client.get('/api/v2/monitor/system/ha-peer'));
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) return undefined;
    throw error;
  }
  const units = peers.safeParse(results);
  const active = units.success && units.data.find(({ primary, master }) => primary ?? master);
  if (!active) return undefined;
  if (active.serial_no === serial) return 'primary';
  throw new ZonebridgeError(
    'firewall/standby-unit',
    `${serial} answers, the active unit is ${active.serial_no}`,
  );
}
