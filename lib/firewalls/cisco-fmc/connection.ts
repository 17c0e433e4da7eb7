import { ZonebridgeError } from '../../core/errors.ts';
import type {
  ConnectionRequest,
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../core/firewall.ts';
import { marks } from '../shared/marks.ts';
import type { Channel } from './channels/channel.ts';
import { DynamicChannel } from './channels/dynamic.ts';
import { DynamicObjects } from './channels/dynamic-objects.ts';
import { NetworkGroups } from './channels/groups.ts';
import { ObjectsChannel } from './channels/objects.ts';
import { FmcClient } from './client.ts';
import { readIdentity } from './identity.ts';
import type { FmcSettings } from './schema.ts';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<FmcSettings>): FirewallConnection {
  const client = new FmcClient(request);
  const seen = marks((name) => request.commentFor(name));
  const channels: Record<string, Channel> = {
    dynamic: new DynamicChannel(client, new DynamicObjects(client, seen, request.hub)),
    objects: new ObjectsChannel(client, new NetworkGroups(client), seen),
  };
  const channelOf = (object: ObjectRef): Channel => {
    const channel = Object.hasOwn(channels, object.channel) ? channels[object.channel] : undefined;
    if (!channel)
      throw new ZonebridgeError('firewall/unsupported', `an FMC has no channel ${object.channel}`);
    return channel;
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.identity,
    certificate: () => client.certificate,
    observeObject: async (object) => await channelOf(object).observeObject(object),
    listObjects: async (object) => await channelOf(object).listObjects(object),
    observeMembers: async (object) => await channelOf(object).observeMembers(object),
    observeSome: async (object, some) => await channelOf(object).observeSome(object, some),
    apply: async (changes) => await applyByChannel(changes, channelOf),
    references: async (object) => await channelOf(object).references(object),
    deleteObject: async (object) => await channelOf(object).deleteObject(object),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}

/** Reports come in the order of the changes. */
async function applyByChannel(
  changes: readonly ObjectChanges[],
  channelOf: (object: ObjectRef) => Channel,
): Promise<readonly ObjectReport[]> {
  const reports = new Map<ObjectChanges, ObjectReport>();
  for (const [channel, own] of Map.groupBy(changes, ({ object }) => channelOf(object))) {
    const answers = await channel.apply(own);
    for (const [index, change] of own.entries()) {
      const report = answers[index];
      if (report) reports.set(change, report);
    }
  }
  return changes.flatMap((change) => reports.get(change) ?? []);
}
