import type { ConnectionRequest, FirewallConnection } from '../../core/firewall.ts';
import { byChannel } from '../shared/channels.ts';
import { marks } from '../shared/marks.ts';
import { OwnWrites } from '../shared/own-writes.ts';
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
  const { address, port, domain } = request.settings;
  const ownWrites = new OwnWrites(request.clock, [address, port, domain, request.firewall]);
  const channels = {
    dynamic: new DynamicChannel(client, new DynamicObjects(client, seen, request.hub)),
    objects: new ObjectsChannel(client, new NetworkGroups(client), seen, ownWrites),
  };
  return {
    identity: async () => await readIdentity(client),
    lastIdentity: () => client.identity,
    certificate: () => client.certificate,
    ...byChannel('an FMC', channels),
    usage: () => client.usage(),
    close: async () => client.close(),
  };
}
