import type { ListPlace, ListServing } from '../../../lib/core/lists.ts';
import type { FirewallModule } from '../../../lib/core/firewall.ts';
import { paperFirewalls, paperModule } from '../../support/paper-firewall.ts';

const place: ListPlace = {
  bucket: 'drill-lists',
  region: 'eu-central-1',
  hostName: 'lists.example.com',
  certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1',
  readers: [{ name: 'branch', sources: ['10.9.0.0/16'], password: false, silentAfterMs: 3_600_000 }],
};

const serving: ListServing<unknown> = {
  place: () => place,
  passwords: () => new Map(),
  text: (addresses) => [...addresses].map((address) => `${address}\n`).join(''),
};

/** What the drills know of vendors: a firewall on paper whose objects are fetched, too. */
export const drillModules: Record<string, FirewallModule> = {
  paper: {
    ...paperModule,
    serving,
    openLists: async (settings) => ({
      read: async (name) => {
        const { device } = paperModule.settings.parse(settings);
        const object = paperFirewalls.get(device)?.objects.get(name);
        if (!object) return 'missing';
        const text = serving.text([...object.members].sort());
        return { text, tag: text, filled: true };
      },
    }),
  },
};

/** What the load balancer hands over when a firewall of `branch` fetches the list of group `web`. */
export const fetchRequest = {
  httpMethod: 'GET',
  path: '/obj-web',
  multiValueHeaders: { 'x-forwarded-for': ['10.9.1.1'] },
};
