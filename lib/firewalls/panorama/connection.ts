import { ZonebridgeError } from '../../core/errors.ts';
import type {
  ConnectionRequest,
  FirewallConnection,
  ObjectChanges,
  ObjectRef,
  ObjectReport,
} from '../../core/firewall.ts';
import type { Channel } from './channels/channel.ts';
import { ObjectsChannel } from './channels/objects.ts';
import { TagsChannel } from './channels/tags.ts';
import { PanoramaClient } from './client.ts';
import { marks } from '../shared/marks.ts';
import { readIdentity } from './identity.ts';
import type { PanoramaSettings } from './schema.ts';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<PanoramaSettings>): FirewallConnection {
  const client = new PanoramaClient(request);
  const channels: Record<string, Channel> = {
    tags: new TagsChannel(client, request),
    objects: new ObjectsChannel(
      client,
      marks((name) => request.commentFor(name)),
      request.hub,
    ),
  };
  const channelOf = (object: ObjectRef): Channel => {
    const channel = Object.hasOwn(channels, object.channel) ? channels[object.channel] : undefined;
    if (!channel)
      throw new ZonebridgeError('firewall/unsupported', `PAN-OS has no channel ${object.channel}`);
    return channel;
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.lastIdentity(),
    certificate: () => client.certificate,
    observeObject: async (object) => await channelOf(object).observeObject(object),
    // Nothing follows a tag that a person would call otherwise.
    listObjects: async (object) => (await channelOf(object).listObjects?.(object)) ?? [],
    observeMembers: async (object) => await channelOf(object).observeMembers(object),
    observeSome: async (object, some) => await channelOf(object).observeSome(object, some),
    apply: async (changes) => await applyByChannel(changes, channelOf),
    references: async (object) => await channelOf(object).references(object),
    deleteObject: async (object) => await channelOf(object).deleteObject(object),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}

async function applyByChannel(
  changes: readonly ObjectChanges[],
  channelOf: (object: ObjectRef) => Channel,
): Promise<readonly ObjectReport[]> {
  const byChannel = Map.groupBy(changes, ({ object }) => channelOf(object));
  const reports = new Map<ObjectChanges, ObjectReport | undefined>();
  for (const [channel, own] of byChannel) {
    const answers = await channel.apply(own);
    for (const [index, change] of own.entries()) reports.set(change, answers[index]);
  }
  // In the order they were asked, whatever the channels.
  return changes.flatMap((change) => reports.get(change) ?? []);
}
