import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, FirewallConnection, ObjectRef } from '../../core/firewall.ts';
import { marks } from '../shared/marks.ts';
import { Ec2 } from './ec2.ts';
import { EntriesChannel } from './entries.ts';
import { knownAt, Lists } from './lists.ts';
import { Modifier } from './modifier.ts';
import type { PrefixListSettings } from './schema.ts';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<PrefixListSettings>): FirewallConnection {
  const ec2 = new Ec2(request);
  const seen = marks((name) => request.commentFor(name));
  const { account, region, address, port } = request.settings;
  const known = knownAt(JSON.stringify([account, region, address, port, request.firewall, request.hub]));
  const lists = new Lists({ ec2, marks: seen, clock: request.clock, known });
  const entries = new EntriesChannel({
    ec2,
    lists,
    marks: seen,
    modifier: new Modifier({ ec2, lists, marks: seen }),
  });
  const channelOf = ({ channel }: ObjectRef): EntriesChannel => {
    if (channel === 'entries') return entries;
    throw new ZonebridgeError('firewall/unsupported', `prefix lists have no channel ${channel}`);
  };
  return {
    identity: async () => {
      await ec2.look();
      return ec2.lastIdentity() ?? { serial: `${account}/${region}`, version: '' };
    },
    lastIdentity: () => ec2.lastIdentity(),
    certificate: () => ec2.certificate,
    observeObject: async (object) => await channelOf(object).observeObject(object),
    listObjects: async (object) => await channelOf(object).listObjects(),
    observeMembers: async (object) => await channelOf(object).observeMembers(object),
    observeSome: async (object, some) => await channelOf(object).observeSome(object, some),
    apply: async (changes) => {
      for (const { object } of changes) channelOf(object);
      return await entries.apply(changes);
    },
    references: async (object) => await channelOf(object).references(object),
    deleteObject: async (object) => await channelOf(object).deleteObject(object),
    usage: () => ec2.usage(),
    close: async () => ec2.close(),
  };
}
