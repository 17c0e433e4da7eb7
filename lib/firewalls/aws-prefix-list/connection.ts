import type { ConnectionRequest, FirewallConnection } from '../../core/firewall.ts';
import { byChannel } from '../shared/channels.ts';
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
  return {
    identity: async () => {
      await ec2.look();
      return ec2.lastIdentity() ?? { serial: `${account}/${region}`, version: '' };
    },
    lastIdentity: () => ec2.lastIdentity(),
    certificate: () => ec2.certificate,
    ...byChannel('a set of prefix lists', { entries }),
    usage: () => ec2.usage(),
    close: async () => ec2.close(),
  };
}
