import { z } from 'zod';
import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';
import type {
  ConnectionRequest,
  DeviceIdentity,
  FirewallConnection,
  FormerMembers,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../core/firewall.ts';
import { AddressObjects } from './channels/address-objects.ts';
import type { Channel } from './channels/channel.ts';
import { Groups } from './channels/groups.ts';
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
  const channels: Record<string, Channel> = {
    objects: new ObjectsChannel({ groups: new Groups(client, seen), addresses, marks: seen }),
    push: new PushChannel(client, seen),
  };
  const channelOf = (object: ObjectRef): Channel => {
    const channel = Object.hasOwn(channels, object.channel) ? channels[object.channel] : undefined;
    if (!channel)
      throw new ZonebridgeError('firewall/unsupported', `a FortiGate has no channel ${object.channel}`);
    return channel;
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.lastIdentity(),
    certificate: () => client.certificate,
    observeObject: async (object) => await channelOf(object).observeObject(object),
    listObjects: async (object) => await channelOf(object).listObjects(object),
    observeMembers: async (object) => await channelOf(object).observeMembers(object),
    observeFormer: async (object) => await observeFormer(channelOf(object), object),
    observeSome: async (object, some) => await channelOf(object).observeSome(object, some),
    apply: async (changes) => await applyByChannel(changes, channelOf),
    references: async (object) => await channelOf(object).references(object),
    deleteObject: async (object) => await channelOf(object).deleteObject(object),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}

async function observeFormer(channel: Channel, object: ObjectRef): Promise<FormerMembers> {
  if (channel.observeFormer) return await channel.observeFormer(object);
  throw new ZonebridgeError('firewall/unsupported', `nothing is adopted over channel ${object.channel}`);
}

async function applyByChannel(
  changes: readonly ObjectChanges[],
  channelOf: (object: ObjectRef) => Channel,
): Promise<readonly ObjectReport[]> {
  const byChannel = new Map<Channel, ObjectChanges[]>();
  for (const change of changes) {
    const channel = channelOf(change.object);
    byChannel.set(channel, [...(byChannel.get(channel) ?? []), change]);
  }
  const reports: ObjectReport[] = [];
  for (const [channel, own] of byChannel) reports.push(...(await channel.apply(own)));
  return reports;
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
