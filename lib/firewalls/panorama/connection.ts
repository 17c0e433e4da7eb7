import type { ConnectionRequest, FirewallConnection } from '../../core/firewall.ts';
import { ObjectsChannel } from './channels/objects.ts';
import { TagsChannel } from './channels/tags.ts';
import { PanoramaClient } from './client.ts';
import { byChannel } from '../shared/channels.ts';
import { marks } from '../shared/marks.ts';
import { readIdentity } from './identity.ts';
import type { PanoramaSettings } from './schema.ts';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<PanoramaSettings>): FirewallConnection {
  const client = new PanoramaClient(request);
  const channels = {
    tags: new TagsChannel(client, request),
    objects: new ObjectsChannel(
      client,
      marks((name) => request.commentFor(name)),
      request.hub,
    ),
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.lastIdentity(),
    certificate: () => client.certificate,
    ...byChannel('PAN-OS', channels),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}
